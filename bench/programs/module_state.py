"""Simulate a queue of jobs with its state in global names.

Stresses global names that are read, bound anew and hold containers, a default that is no literal, and bound methods in variables.
"""

RATES = [1.0 + 0.25 * (i % 7) for i in range(64)]
CLOCK = 0
SERVED = 0
BACKLOG = 0.0


def cost(job, rates=RATES):
    return rates[job % 64] * (1 + job % 3)


def serve(job):
    global SERVED, BACKLOG
    SERVED += 1
    BACKLOG = BACKLOG - cost(job)
    if BACKLOG < 0.0:
        BACKLOG = 0.0


def setup():
    return (60_000,)


def run(jobs):
    global CLOCK, SERVED, BACKLOG
    CLOCK, SERVED, BACKLOG = 0, 0, 0.0
    waiting = []
    push, pop = waiting.append, waiting.pop
    for job in range(jobs):
        CLOCK += 1
        push(job * 31 % 97)
        BACKLOG += RATES[job % 64]
        if CLOCK % 2 == 0:
            serve(pop())
    return CLOCK, SERVED, round(BACKLOG, 6), len(waiting)
