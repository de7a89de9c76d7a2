"""Employees as namedtuples: read from text, sorted by two fields, and summed.

Stresses making named tuples and reading their fields.
"""

from collections import namedtuple

Employee = namedtuple("Employee", "name, department, salary")


def setup():
    return ([f"n{number * 7919 % 5000}:d{number % 20}:{number * 31 % 4000 + 1000}" for number in range(5_000)],)


def run(lines):
    employees = []
    for line in lines:
        name, department, salary = line.split(":")
        employees.append(Employee(name, department, int(salary)))
    employees.sort(key=lambda employee: (employee.department, -employee.salary))
    totals = {}
    highest = 0
    for employee in employees:
        totals[employee.department] = totals.get(employee.department, 0) + employee.salary
        highest = max(highest, employee.salary)
    return totals, highest, [employee.name for employee in employees[:10]]
