"""The one error that an export ends with."""


class ExportError(ValueError):
    """A model that cannot be exported as it is; the text says what to change."""
