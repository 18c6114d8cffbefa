"""What an editor says of each key of a manifest, in a sentence; words of conditions speak for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SENTENCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Manifest": {
            "manifest": "The version of this format.",
            "name": "What this manifest is called; so-privacy and the console show it.",
            "extends": "Presets that we ship, by version; entries of the file stand in place of theirs.",
            "switch_on": "Ids of optional rules that are tried, each before the rule that it names.",
            "moved": "Keys that are called otherwise than before; what is known under them goes along.",
            "review_by": "The day by which somebody should read the manifest again.",
            "controller": "Who is responsible for the data.",
            "jurisdiction": "Whose law counts, and which countries' laws the manifest is judged by.",
            "languages": "In which languages persons are told.",
            "sources": "By key: how data comes in, and what the law makes of that.",
            "legal_bases": "Keys of the tenant's legal bases that the manifest knows, WITHDRAWN among them.",
            "purposes": "By key: why data is processed, and what may carry it.",
            "mails": "By a name of your own: the mails by which persons are told, once each.",
            "retention": "By a name of your own: what becomes of persons nobody deals with any more.",
            "rules": "Rules in the order of their trial: the first that applies decides, purpose by purpose.",
            "optional": "Rules that are switched off until switch_on names them.",
        },
        "MovedShape": {
            "sources": "Sources, old key to new.",
            "purposes": "Purposes, old key to new; a consent ends when it would have ended.",
            "mails": "Mails, old name to new; nobody is told again for it.",
        },
        "Controller": {
            "name": "The company's name.",
            "dpo": "How to reach the company's data protection officer.",
            "privacy_url": "The company's privacy page, one for all or by language.",
        },
        "Jurisdiction": {
            "home": "The controller's country; its limits hold for persons whose country is unknown.",
            "packs": "Countries by whose law the manifest is judged.",
        },
        "Languages": {
            "enabled": "Languages in which mails exist.",
            "fallback": "The language of whoever is told and has none that is enabled.",
        },
        "SourceShape": {
            "new": "Not one of the CRM's own; an installation creates it where the tenant lacks it.",
            "name": "How people call it, one text or by language; a new item gets it.",
            "type": "How data comes in: by the person herself, by hand, or from a system.",
            "article": "13: from the person, told at once; 14: from others, within 30 days.",
            "carries_consent": "Whether a consent can come this way; documented: if its proof is kept.",
            "supplier": "That somebody supplies the data, or who does and since when it is agreed.",
        },
        "PurposeShape": {
            "new": "Not one of the CRM's own; an installation creates it where the tenant lacks it.",
            "name": "How people call it, one text or by language; a new item gets it.",
            "parent": "The purpose that this one is part of; it inherits when and how that one ends.",
            "allowed": "Legal bases that may carry the purpose; a rule can give no other.",
            "classification": "Whether special categories of data are processed (GDPR article 9).",
            "expires": "For how long it lasts from the first write; repeats don't start it anew.",
            "renew_before": "How long before its end to ask again.",
            "renew": "The mail that asks to renew a consent.",
            "at_end": "What becomes of the consent's row when it ends.",
            "protect": "No later version drops or loosens it, unless it is activated with --unprotect.",
            "retention": "How long what was processed must be kept, such as books.",
        },
        "AtEnd": {
            "basis": "The legal basis that is written at the end, never a consent.",
            "source": "The source that is written with it; left out, that of the row.",
        },
        "MailShape": {
            "template": "The name of a privacy mail template in the CRM, if the CRM sends the mail.",
            "channel": "What carries it: the CRM's own mail if left out, smtp, or a plugin by its name.",
            "texts": "Subject and body by language, where another channel than the CRM carries it.",
            "version": "Raise it when the text says something new.",
            "languages": "Languages that the template has; left out, all that are enabled.",
            "marketing": "Whether the mail advertises.",
            "retell": "Also to those who were told by another mail or version.",
        },
        "OwnTextShape": {
            "subject": "One line; {controller}, {dpo} and {privacy_url} stand for what controller says.",
            "body": "Plain text, paragraphs set off by an empty line; the same may stand in it.",
        },
        "RuleShape": {
            "id": "The rule's name, once in a file; each decision and each consent that is written names it.",
            "when": "Conditions that must all hold, or always.",
            "give": "What each purpose gets, or one word for all of them.",
            "before": "The rule before which this one is tried; left out, it is tried where it stands.",
            "tell": "The mail that the person is sent, once.",
            "because": "Why, for whoever asks in two years; kept with each decision.",
            "max_changes": "The largest share of all persons that a plan may change by this rule.",
        },
        "GiveBasis": {
            "basis": "The legal basis that the purpose gets; it must be allowed there.",
            "source": "The source that is written; left out, that of the person's STORE row.",
            "expires": "For how long, instead of the purpose's own period.",
            "kind": "soft_opt_in: marketing to a customer who could object; not a consent.",
        },
        "RetentionShape": {
            "when": "Of whom it speaks: conditions that must all hold, or always.",
            "inactive": "For how long nothing must have happened.",
            "then": "What is done then: deletion is proposed, or a human decides.",
        },
        "Supplier": {"name": "Who supplies the data."},
        "FormArgument": {"key": "The form's key, or several."},
    }
)
"""Name of a part of the published schema → key → sentence."""
