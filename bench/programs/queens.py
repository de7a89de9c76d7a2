"""The queens' problem, by lists of which columns and diagonals are taken.

Stresses recursion, and lists of bool that are passed on and changed.
"""


def setup():
    return (7,)


def place(row, n, columns, up, down, board):
    if row == n:
        return 1
    count = 0
    for column in range(n):
        if columns[column] or up[row + column] or down[row - column + n]:
            continue
        columns[column] = up[row + column] = down[row - column + n] = True
        board.append(column)
        count += place(row + 1, n, columns, up, down, board)
        board.pop()
        columns[column] = up[row + column] = down[row - column + n] = False
    return count


def run(n):
    return place(0, n, [False] * n, [False] * (2 * n), [False] * (2 * n + 1), [])
