"""What the shop sells. The catalogue changes with the code, stock and orders live in the database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone: what it costs, what it is, how it is drawn."""

    sku: str
    name: str
    line: str
    about: str
    cents: int
    shape: str  # a macro in drawings.html
    body: str  # colour of the case
    glow: str  # colour of the screen
    screen: str
    battery: str
    camera: str
    weight: int  # grams
    storage: str
    was_cents: int | None = None
    limited: bool = False  # sold only while the stock of the cluster lasts


PHONES = (
    Phone(
        sku="tern-5",
        name="Tern 5",
        line="The one we all carry.",
        about="A bright screen, a camera that needs no explaining, and a battery that is still there in the evening. "
        "Every part that wears out is held by four screws.",
        cents=74900,
        shape="slab",
        body="#2f6f6a",
        glow="#9fe0c6",
        screen="6.1 in OLED, 120 Hz",
        battery="4,600 mAh, two days",
        camera="50 MP wide, 12 MP ultra-wide",
        weight=182,
        storage="256 GB",
    ),
    Phone(
        sku="tern-5-mini",
        name="Tern 5 mini",
        line="All of it, in one hand.",
        about="The same chip and the same camera as the Tern 5, in a case that goes into a shirt pocket. "
        "Your thumb reaches every corner.",
        cents=59900,
        shape="small",
        body="#c4694a",
        glow="#ffd2a8",
        screen="5.2 in OLED, 120 Hz",
        battery="3,700 mAh, a long day",
        camera="50 MP wide",
        weight=139,
        storage="128 GB",
    ),
    Phone(
        sku="tern-wide",
        name="Tern Wide",
        line="A phone that opens like a book.",
        about="Closed it is a phone. Open it is two pages side by side: the map and the message, the score and "
        "the notes. The hinge is tested for 400,000 folds.",
        cents=114900,
        shape="book",
        body="#39425f",
        glow="#b6c7ff",
        screen="7.8 in folding OLED",
        battery="5,000 mAh, a day and a half",
        camera="50 MP wide, 48 MP tele",
        weight=241,
        storage="512 GB",
    ),
    Phone(
        sku="tern-flip",
        name="Tern Flip",
        line="Closes with a click.",
        about="Half the size in your pocket, and hanging up feels like hanging up again. "
        "The small screen outside shows who calls and what the weather does.",
        cents=89900,
        shape="flip",
        body="#7b5a94",
        glow="#e6c8ff",
        screen="6.5 in folding, 1.9 in outside",
        battery="4,000 mAh, one day",
        camera="50 MP wide, 12 MP ultra-wide",
        weight=187,
        storage="256 GB",
    ),
    Phone(
        sku="tern-field",
        name="Tern Field",
        line="Made for weather.",
        about="Rain, sand, gloves, a fall from the tractor. Rubber where it lands, a button you find in the dark, "
        "and a battery you change without a tool.",
        cents=52900,
        shape="rugged",
        body="#4b5a3a",
        glow="#dbe8a6",
        screen="6.0 in LCD, readable in the sun",
        battery="6,200 mAh, four days",
        camera="48 MP wide, thermal",
        weight=268,
        storage="128 GB",
    ),
    Phone(
        sku="tern-day",
        name="Tern Day",
        line="Less phone. More day.",
        about="Calls, messages, maps, music. A paper-like screen that never glows at you, "
        "and three weeks on one charge.",
        cents=24900,
        shape="paper",
        body="#d9d2c3",
        glow="#f4f1e8",
        screen="4.7 in e-paper",
        battery="2,800 mAh, three weeks",
        camera="none, on purpose",
        weight=112,
        storage="32 GB",
    ),
    Phone(
        sku="tern-4-aurora",
        name="Tern 4 Aurora",
        line="The last of the northern-lights edition.",
        about="The Tern 4 in the finish that sold out in a morning. We found a few boxes. "
        "When they are gone, they are gone.",
        cents=19900,
        shape="aurora",
        body="#1d3b4f",
        glow="#7ff0c8",
        screen="6.1 in OLED, 90 Hz",
        battery="4,200 mAh, a day and a half",
        camera="50 MP wide",
        weight=179,
        storage="128 GB",
        was_cents=44900,
        limited=True,
    ),
)

BY_SKU = {phone.sku: phone for phone in PHONES}
