"""What the demo tenant's mails say, in five languages."""

from __future__ import annotations

from collections.abc import Mapping

Wording = Mapping[str, tuple[str, str]]
"""ISO culture to subject and HTML; `{name}` stands for the person."""


def _page(greeting: str, *paragraphs: str) -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<p>{greeting} {{name}},</p>{body}<p>Eksempel A/S · privacy@example.com</p>"


NOTICE_13: Wording = {
    "da": (
        "Sådan behandler vi dine oplysninger",
        _page(
            "Kære",
            "Du har været i kontakt med os, og vi gemmer dine kontaktoplysninger for at kunne"
            " svare dig og passe på vores samarbejde.",
            "Du kan altid se, rette eller få slettet det, vi har om dig.",
        ),
    ),
    "no": (
        "Slik behandler vi opplysningene dine",
        _page(
            "Kjære",
            "Du har vært i kontakt med oss, og vi lagrer kontaktopplysningene dine for å kunne"
            " svare deg og ta vare på samarbeidet.",
            "Du kan når som helst se, rette eller få slettet det vi har om deg.",
        ),
    ),
    "sv": (
        "Så behandlar vi dina uppgifter",
        _page(
            "Hej",
            "Du har varit i kontakt med oss, och vi sparar dina kontaktuppgifter för att kunna svara dig och"
            " vårda vårt samarbete.",
            "Du kan när som helst se, rätta eller få raderat det vi har om dig.",
        ),
    ),
    "en-US": (
        "How we handle your details",
        _page(
            "Dear",
            "You have been in touch with us, and we keep your contact details so that we can"
            " answer you and look after our work together.",
            "You can see, correct or have deleted what we hold about you at any time.",
        ),
    ),
    "de": (
        "So gehen wir mit Ihren Daten um",
        _page(
            "Guten Tag",
            "Sie hatten Kontakt mit uns, und wir speichern Ihre Kontaktdaten, um Ihnen antworten und unsere"
            " Zusammenarbeit pflegen zu können.",
            "Sie können jederzeit einsehen, berichtigen oder löschen lassen, was wir über Sie haben.",
        ),
    ),
}
NOTICE_14: Wording = {
    "da": (
        "Vi har fået dine oplysninger fra andre",
        _page(
            "Kære",
            "Vi har fået dine kontaktoplysninger fra en samarbejdspartner og gemmer dem for at kunne"
            " drive vores forretning.",
            "Du kan altid gøre indsigelse eller få oplysningerne slettet.",
        ),
    ),
    "no": (
        "Vi har fått opplysningene dine fra andre",
        _page(
            "Kjære",
            "Vi har fått kontaktopplysningene dine fra en samarbeidspartner og lagrer dem for å drive"
            " virksomheten vår.",
            "Du kan når som helst protestere eller få opplysningene slettet.",
        ),
    ),
    "sv": (
        "Vi har fått dina uppgifter från andra",
        _page(
            "Hej",
            "Vi har fått dina kontaktuppgifter från en samarbetspartner och sparar dem för att driva vår"
            " verksamhet.",
            "Du kan när som helst invända eller få uppgifterna raderade.",
        ),
    ),
    "en-US": (
        "We received your details from others",
        _page(
            "Dear",
            "We received your contact details from a partner and keep them to run our business.",
            "You can object or have them deleted at any time.",
        ),
    ),
    "de": (
        "Wir haben Ihre Daten von Dritten erhalten",
        _page(
            "Guten Tag",
            "Wir haben Ihre Kontaktdaten von einem Partner erhalten und speichern sie für unseren"
            " Geschäftsbetrieb.",
            "Sie können jederzeit widersprechen oder die Daten löschen lassen.",
        ),
    ),
}
CHAT_WELCOME: Wording = {
    "da": ("Tak for chatten", _page("Hej", "Vi har gemt dine oplysninger fra chatten.")),
    "no": ("Takk for praten", _page("Hei", "Vi har lagret opplysningene dine fra chatten.")),
    "sv": ("Tack för chatten", _page("Hej", "Vi har sparat dina uppgifter från chatten.")),
    "en-US": ("Thanks for the chat", _page("Hello", "We have stored your details from the chat.")),
    "de": ("Danke für den Chat", _page("Hallo", "Wir haben Ihre Angaben aus dem Chat gespeichert.")),
}
