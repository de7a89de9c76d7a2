"""The median by Hoare's selection on a copy of the list.

Stresses swapping elements of a list, and loops whose branches cannot be foreseen.
"""


def setup():
    return [float(i * 7919 % 30_011) for i in range(30_000)], 15_000


def run(values, n):
    work = values[:]
    left = 0
    right = len(work) - 1
    while left < right:
        pivot = work[(left + right) // 2]
        i = left
        j = right
        while i <= j:
            while work[i] < pivot:
                i += 1
            while pivot < work[j]:
                j -= 1
            if i <= j:
                work[i], work[j] = work[j], work[i]
                i += 1
                j -= 1
        if n <= j:
            right = j
        elif n >= i:
            left = i
        else:
            break
    return work[n]
