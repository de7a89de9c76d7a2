"""Lines through a chain of generators: parsed, filtered, grouped into windows.

Stresses generators that consume other ones, with values that are kept between.
"""


def setup():
    return ([f"{number % 24:02d} {number * 7919 % 1000} {'ok' if number % 7 else 'bad'}" for number in range(10_000)],)


def parsed(lines):
    for line in lines:
        hour, value, state = line.split(" ")
        yield int(hour), int(value), state


def valid(records):
    for record in records:
        if record[2] == "ok":
            yield record


def differences(records):
    previous = None
    for hour, value, _ in records:
        if previous is not None:
            yield hour, value - previous
        previous = value


def run(lines):
    per_hour = [0] * 24
    largest = 0
    for hour, step in differences(valid(parsed(lines))):
        per_hour[hour] += step
        if step > largest:
            largest = step
    return per_hour, largest
