"""The labelled set that search is measured on: the handbook of an invented shipping company.

`FACTS` are passages with the questions that they answer, in words of their own. Around them stand the passages of
`OFFICES`, which say the same of every town, so that only the right town is right.
"""

from __future__ import annotations

from itertools import chain, cycle

FACTS: dict[str, list[str]] = {
    "Employees accrue twenty-six vacation days per calendar year. Unused days may be carried over until the end of "
    "March, after which they lapse.": [
        "How many days of holiday leave do I get each year, and can I carry unused vacation over?",
        "Until when can I carry over vacation days?",
    ],
    "Expense reports must be submitted within thirty days of the purchase. Receipts are required for anything above "
    "fifteen euros.": [
        "What is the deadline for submitting expense reports?",
        "Do I need receipts for small purchases?",
    ],
    "Passwords must have at least fourteen characters and are changed only after a suspected leak, never on a "
    "schedule.": ["How long must a password be?"],
    "A lost or stolen laptop must be reported to the security desk within two hours so that the disk can be wiped "
    "remotely.": ["My laptop was stolen, whom do I tell?", "Is the disk of a lost laptop wiped?"],
    "Parental leave is sixteen weeks at full pay for every parent, to be taken within two years of birth or "
    "adoption.": ["How many weeks of parental leave are paid?"],
    "Business class may be booked for flights longer than seven hours; everything shorter is flown in economy.": [
        "When am I allowed to fly business class?"
    ],
    "The refrigerated containers are kept at minus eighteen degrees for frozen fish and at four degrees for fruit.": [
        "At what temperature is frozen fish shipped?",
        "How cold are the refrigerated containers for fruit?",
    ],
    "Dangerous goods of class three, such as paint and perfume, need a declaration signed by a certified handler.": [
        "Who has to sign the declaration for paint and perfume?"
    ],
    "A bill of lading is issued in three originals; the carrier releases the cargo against any one of them.": [
        "How many originals of the bill of lading are issued?"
    ],
    "Demurrage is charged from the fifth day a full container stays at the terminal, at ninety euros per day.": [
        "From which day is demurrage charged at the terminal?"
    ],
    "Customers get a full refund if a parcel arrives more than ten days late, and half of the fee if it is between "
    "four and ten days late.": ["Do customers get a refund when a parcel arrives late?"],
    "Signatures are collected electronically on delivery. Without a signature the courier leaves the parcel at the "
    "nearest pickup point.": ["What does the courier do if nobody signs for the parcel?"],
    "The warehouse robots recharge for twelve minutes after every two hours of work.": [
        "How long do the robots in the warehouse recharge?"
    ],
    "Forklift drivers renew their licence every five years, and take an eye test every second year.": [
        "How often must a forklift licence be renewed?",
        "Do forklift drivers have to take an eye test?",
    ],
    "Salaries are paid on the twenty-fifth of each month, or on the Friday before if that is a weekend.": [
        "On which day of the month are salaries paid?"
    ],
    "The annual bonus depends on punctuality of deliveries by two thirds and on customer ratings by one third.": [
        "What does the annual bonus depend on?"
    ],
    "New colleagues get a mentor for their first ninety days, who is never their own manager.": [
        "Do new colleagues get a mentor?"
    ],
    "Remote work is possible on three days a week. Tuesdays are reserved for meetings on site.": [
        "How many days a week may I work remotely?",
        "On which weekday do we meet on site?",
    ],
    "The company matches pension contributions up to six percent of the salary.": [
        "Up to what percentage are pension contributions matched?"
    ],
    "Sick notes from a doctor are needed from the fourth day of absence.": [
        "When do I need a sick note from a doctor?"
    ],
    "Interns are paid eighteen euros an hour and may not drive company vehicles.": [
        "May interns drive company vehicles?"
    ],
    "The tracking service keeps the position of each truck for sixty days, then deletes it.": [
        "For how long are the positions of trucks kept?"
    ],
    "Database backups run at two in the morning and are restored on trial on the first Monday of each month.": [
        "At what time do database backups run?"
    ],
    "Production deployments are frozen from the tenth of December until the second of January.": [
        "When are deployments to production frozen?"
    ],
    "An incident of severity one is answered within five minutes by the engineer on call, day and night.": [
        "How fast is a severity one incident answered?"
    ],
    "Code reviews need two approvals for the billing system and one for everything else.": [
        "How many approvals do code reviews of the billing system need?"
    ],
    "Feature flags older than ninety days are removed by the platform team.": ["Who removes old feature flags?"],
    "Customs forms for shipments to Switzerland list the weight of every single item in grams.": [
        "What must customs forms for Switzerland list?"
    ],
    "Live animals travel only with a veterinary certificate, and never on Sundays.": [
        "What certificate do live animals need to travel?"
    ],
    "Pallets are stacked at most two metres high and wrapped three times in film.": [
        "How high may pallets be stacked?"
    ],
    "The largest ship of the fleet, the Halvard, carries nine thousand containers and was built in Gdansk.": [
        "What is the largest ship of the fleet?",
        "Where was the Halvard built?",
    ],
    "Fuel surcharges follow the price of marine diesel and are published every Thursday.": [
        "When are fuel surcharges published?"
    ],
    "The canteen serves a vegan dish every day; allergies are noted on the menu with letters.": [
        "Is there a vegan dish in the canteen?"
    ],
    "Bicycles can be leased through the company; a third of the rate is paid by the employer.": [
        "Can I lease a bicycle through the company?"
    ],
    "Visitors are signed in at the gate, wear a yellow badge, and are accompanied at all times.": [
        "What colour is the badge that visitors wear?"
    ],
    "Fire drills take place in May and October; the meeting point is behind the east loading bay.": [
        "In which months are fire drills held?",
        "Where is the meeting point after a fire alarm?",
    ],
    "Whistleblowers can turn to the ombudsman, an outside lawyer who never passes on their names.": [
        "Who is the ombudsman for whistleblowers?"
    ],
    "Gifts worth more than thirty euros are declined, or handed to the charity raffle.": [
        "May I accept a gift from a supplier?"
    ],
    "Training courses are paid for up to two thousand euros a year for each employee.": [
        "How much money is there for training courses?"
    ],
    "Contracts above fifty thousand euros are signed by two members of the board.": [
        "Who must sign contracts above fifty thousand euros?"
    ],
    "Invoices are due after fourteen days; the second reminder adds a fee of five euros.": [
        "After how many days are invoices due?"
    ],
    "Emissions per tonne and kilometre are to fall by forty percent until 2030, measured against 2019.": [
        "By how much should emissions fall until 2030?"
    ],
}

TOWNS = ("Oslo", "Lisbon", "Hamburg", "Gdansk", "Valencia", "Marseille", "Antwerp", "Riga", "Dublin", "Trieste")

OFFICES = {
    "The office in {town} opens at {hour} in the morning and is locked at nine in the evening.": (
        "When does the {town} office open in the morning?"
    ),
    "Parking in {town} is in the garage on level {number}; the code of its gate changes every month.": (
        "Where can I park in {town}?"
    ),
    "The printer of the {town} branch is called {name} and stands next to the kitchen.": (
        "What is the name of the printer in {town}?"
    ),
    "The reception desk in {town} is reached by dialling extension {number}0{number}.": (
        "Which extension is the reception in {town}?"
    ),
    "In {town} the forwarding team unloads trucks from gate {number} until midnight.": (
        "At which gate are trucks unloaded in {town}?"
    ),
    "Colleagues in {town} celebrate the founding of their branch with a {dish} dinner.": (
        "What do colleagues in {town} eat to celebrate their branch?"
    ),
    "The first-aid kit in {town} hangs beside the {colour} staircase and is checked each quarter.": (
        "Where does the first-aid kit in {town} hang?"
    ),
    "Wireless guests in {town} use the network named {name}-guest without a password.": (
        "What is the guest wifi network in {town}?"
    ),
    "The library of {town} lends books about navigation, and closes on {day}s.": (
        "On which day is the library in {town} closed?"
    ),
    "A doctor visits the {town} branch every other {day} for vaccinations.": (
        "When does the doctor visit {town} for vaccinations?"
    ),
    "Lockers at {town} are painted {colour}; a lost key costs {number} euros.": (
        "What does a lost locker key cost in {town}?"
    ),
    "The crane operators of {town} work in shifts of {hour} hours.": (
        "How long are the shifts of crane operators in {town}?"
    ),
    "Shuttle buses from the station in {town} leave every {number} minutes.": (
        "How often do shuttle buses leave from the station in {town}?"
    ),
    "The archive of {town} keeps paper files for {number} years in the basement.": (
        "For how many years does the archive of {town} keep paper files?"
    ),
    "Waste paper is collected in {town} on {day} mornings.": "On which day is waste paper collected in {town}?",
    "Evening language lessons in {town} teach {language} to beginners.": (
        "Which language do the evening lessons in {town} teach?"
    ),
    "The roof terrace of {town} is open to all staff from {hour} o'clock.": (
        "From what time is the roof terrace in {town} open?"
    ),
}

_WORDS = {
    "hour": ("six", "seven", "eight", "nine"),
    "number": ("12", "15", "18", "22", "27", "31", "36"),
    "name": ("Otter", "Heron", "Badger", "Lynx", "Magpie"),
    "dish": ("herring", "dumpling", "paella"),
    "colour": ("green", "blue", "red", "orange", "violet"),
    "day": ("Monday", "Wednesday", "Friday"),
    "language": ("Danish", "Catalan", "Latvian"),
}


def _filled() -> list[tuple[str, str]]:
    """Every passage of `OFFICES` for every town, with its question."""
    words = {name: cycle(values) for name, values in _WORDS.items()}
    return [
        (
            passage.format(town=town, **{name: next(values) for name, values in words.items()}),
            question.format(town=town),
        )
        for passage, question in OFFICES.items()
        for town in TOWNS
    ]


_ABOUT_TOWNS = _filled()

PASSAGES: list[str] = [*FACTS, *(passage for passage, _ in _ABOUT_TOWNS)]

QUESTIONS: list[tuple[str, str]] = [
    *chain.from_iterable(((question, passage) for question in questions) for passage, questions in FACTS.items()),
    *((question, passage) for passage, question in _ABOUT_TOWNS[::7]),
]
"""Each with the passage that answers it."""
