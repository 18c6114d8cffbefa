"""How the CRM says no, by the class names that its callers see."""

from __future__ import annotations


class CrmError(Exception):
    """A call that the CRM answers with Succeeded=false."""

    exception_type = "SuperOffice.Exceptions.SoException"


class NotFound(CrmError):
    exception_type = "SuperOffice.Exceptions.SoNotFoundException"


class InvalidArgument(CrmError):
    exception_type = "SuperOffice.Exceptions.SoInvalidArgumentException"


class ValidationFailed(CrmError):
    exception_type = "SuperOffice.Exceptions.SoValidationException"


class Duplicate(CrmError):
    exception_type = "SuperOffice.Exceptions.SoDuplicateException"


class DbAccess(CrmError):
    """The database itself refuses, as it does a second row for a unique index."""

    exception_type = "SuperOffice.Exceptions.SoDbAccessException"


class MassOperationFailed(CrmError):
    exception_type = "SuperOffice.Exceptions.SoMassOperationException"


class NoSession(CrmError):
    exception_type = "SuperOffice.Exceptions.SoSessionException"


class AccessDenied(CrmError):
    exception_type = "SuperOffice.Exceptions.SoSentryException"


class LicenceMissing(CrmError):
    exception_type = "SuperOffice.Exceptions.SoLicenseException"


class NotSupported(CrmError):
    """Beyond what the sandbox imitates; the message names it."""

    exception_type = "SuperOffice.Exceptions.SoNotSupportedException"
