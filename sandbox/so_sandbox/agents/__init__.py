"""What each web service agent does: one function for each operation, arguments in the order of the WSDL."""
