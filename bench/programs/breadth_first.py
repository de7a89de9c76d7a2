"""The way through a maze, by a search in breadth with a queue.

Stresses collections.deque, tuples as keys of a dict, and a list of texts.
"""

from collections import deque


def setup():
    size = 60
    maze = [
        "".join("#" if (x * 7 + y * 13 + x * y) % 5 == 0 and x % 9 else "." for x in range(size)) for y in range(size)
    ]
    return (maze,)


def run(maze):
    height = len(maze)
    width = len(maze[0])
    queue = deque([(0, 0)])
    distance = {(0, 0): 0}
    while queue:
        x, y = queue.popleft()
        steps = distance[(x, y)]
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            nx = x + dx
            ny = y + dy
            if 0 <= nx < width and 0 <= ny < height and maze[ny][nx] != "#" and (nx, ny) not in distance:
                distance[(nx, ny)] = steps + 1
                queue.append((nx, ny))
    return len(distance), max(distance.values())
