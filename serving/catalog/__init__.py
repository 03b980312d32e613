"""What came in, what became of it, and what was delivered: one SQL database."""

from serving.catalog.catalog import Catalog, CatalogUnavailable, Lineage, UnknownClip, UnknownDeliverable
from serving.catalog.tables import Clip, Decision, Deliverable, Footage, PromptRewrite

__all__ = [
    "Catalog",
    "CatalogUnavailable",
    "Clip",
    "Decision",
    "Deliverable",
    "Footage",
    "Lineage",
    "PromptRewrite",
    "UnknownClip",
    "UnknownDeliverable",
]
