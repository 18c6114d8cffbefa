"""SuperOffice itself: the one room that speaks the vendor's SOAP, REST and state API."""
