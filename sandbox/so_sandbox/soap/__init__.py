"""SOAP 1.1 both ways, strictly by the WSDL: decode, judge, answer, and fail as asked."""
