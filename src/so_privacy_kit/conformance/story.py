"""A manifest whose notice goes by a channel, for what is looked at in whole tenants."""

from __future__ import annotations

_BODY = (
    "We are the controller. We keep your name and address in order to answer you, on the legal basis of "
    "legitimate interest (article 6(1)(f)), and erase them after two years. Our processor alone gets them. "
    "You have the right to access and to object, and may complain. Contact dpo@example.com."
)


def by_channel(channel: str) -> str:
    """Give a manifest that breaks no law, in which whoever has given her card is told by a channel."""
    return f"""
manifest: 1
name: so-conformance
jurisdiction: {{home: DK}}
languages: {{enabled: [da, en], fallback: en}}
sources:
  CARD: {{new: true, name: Business card, type: manual, article: 13, carries_consent: false}}
  API: {{type: system, article: 14, carries_consent: false}}
legal_bases: [61F, WITHDRAWN]
purposes:
  STORE: {{allowed: [61F]}}
mails:
  notice:
    channel: {channel}
    version: 1
    languages: [en]
    texts: {{en: {{subject: "Your data with us", body: "{_BODY}"}}}}
rules:
  - id: own-staff
    when: {{any: [{{is_associate: true}}, {{company: {{is_owner: true}}}}]}}
    give: none
    because: "Employees have a notice of their own."
  - id: minor
    when: {{age_below: country_digital_age}}
    give: {{STORE: review}}
    because: "Art. 6.1 f weighs less for a child."
  - id: card
    when: {{source: CARD}}
    give: {{STORE: {{basis: 61F}}}}
    tell: notice
    because: "The person gave us her card and expects to hear from us."
  - id: rest
    when: always
    give: {{STORE: review}}
    because: "Nobody has thought of this case yet."
"""
