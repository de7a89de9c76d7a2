"""Dates as text to the number of their day and the day of the week; what is no date is counted.

Stresses slices, split, int of text, exceptions that are handled, and calls of small functions.
"""

DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def setup():
    texts = []
    for number in range(10_000):
        year, month, day = 1970 + number % 60, number * 7 % 12 + 1, number * 11 % 31 + 1
        texts.append(f"{year:04d}-{month:02d}-{day:02d}T{number % 24:02d}:{number % 60:02d}:00")
        if number % 50 == 0:
            texts[-1] = "n/a"
    return (texts,)


def is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def day_number(year, month, day):
    days = (year - 1970) * 365 + (year - 1969) // 4 - (year - 1901) // 100 + (year - 1601) // 400
    for index in range(month - 1):
        days += DAYS[index]
    if month > 2 and is_leap(year):
        days += 1
    return days + day - 1


def parse(text):
    date, time = text.split("T")
    year, month, day = date.split("-")
    hour, minute, second = time.split(":")
    month = int(month)
    day = int(day)
    if not 1 <= month <= 12 or not 1 <= day <= DAYS[month - 1]:
        raise ValueError("no such day: " + date)
    return day_number(int(year), month, day), int(hour) * 3600 + int(minute) * 60 + int(second)


def run(texts):
    per_name = {}
    wrong = 0
    latest = 0
    for text in texts:
        try:
            days, seconds = parse(text)
        except ValueError:
            wrong += 1
            continue
        name = NAMES[(days + 3) % 7]
        per_name[name] = per_name.get(name, 0) + 1
        latest = max(latest, days * 86_400 + seconds)
    return per_name, wrong, latest
