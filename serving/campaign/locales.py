"""Locales: the languages that an end card can be set in, with the AI disclosure in each."""

from dataclasses import dataclass

from serving.errors import ServingError

# Languages whose script DejaVu Sans covers; a test compares every text with the font's characters.
_DISCLOSURES = {
    "ar": "تم إنشاء هذا الفيديو بالذكاء الاصطناعي",
    "bg": "Това видео е създадено с изкуствен интелект",  # noqa: RUF001 - Cyrillic it is
    "cs": "Toto video bylo vytvořeno pomocí AI",
    "da": "Denne video er genereret med AI",
    "de": "Dieses Video wurde mit KI erzeugt",
    "el": "Αυτό το βίντεο δημιουργήθηκε με τεχνητή νοημοσύνη",
    "en": "This video was generated with AI",
    "es": "Este vídeo se ha generado con IA",
    "fi": "Tämä video on luotu tekoälyllä",
    "fr": "Cette vidéo a été générée par IA",
    "hr": "Ovaj videozapis izrađen je pomoću umjetne inteligencije",
    "hu": "Ezt a videót mesterséges intelligencia készítette",
    "it": "Questo video è stato generato con l'IA",
    "nb": "Denne videoen er laget med KI",
    "nl": "Deze video is gemaakt met AI",
    "pl": "Ten film został wygenerowany przez AI",
    "pt": "Este vídeo foi gerado com IA",
    "ro": "Acest videoclip a fost generat cu ajutorul IA",
    "sk": "Toto video bolo vytvorené pomocou AI",
    "sv": "Den här videon har skapats med AI",
    "tr": "Bu video yapay zekâ ile oluşturulmuştur",
    "uk": "Це відео створено за допомогою ШІ",
}
LANGUAGES = tuple(_DISCLOSURES)


class UnknownLocale(ServingError):
    """A locale for which there is no disclosure text or no font."""


@dataclass(frozen=True)
class Locale:
    """A language, perhaps with a region: ``de``, ``pt-BR``.

    Attributes:
        tag: As the brief writes it.
        disclosure: What the law asks an advertisement to say of its making.
    """

    tag: str
    disclosure: str


def locale(tag: str) -> Locale:
    """The locale of a tag. Raises UnknownLocale, naming the languages there are."""
    language = tag.replace("_", "-").split("-", maxsplit=1)[0].lower()
    if language not in _DISCLOSURES:
        raise UnknownLocale(
            f"unknown locale '{tag}': end cards can be set in {', '.join(LANGUAGES)}, each with any region"
        )
    return Locale(tag, _DISCLOSURES[language])
