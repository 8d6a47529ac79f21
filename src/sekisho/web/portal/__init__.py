"""The Client Portal: activation, login, overview, security. Plain forms that work without scripts; every page says what to do."""

from sekisho.web.portal.door import TEMPLATES, House, build_portal, portal

__all__ = ["TEMPLATES", "House", "build_portal", "portal"]
