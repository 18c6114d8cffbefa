"""What rules would do, seen before they do it: tests of rules, rules changed, and others in their place."""
