"""A ring of tasks that hand packets to each other: the shape of pyperformance's `richards`.

Stresses linked objects, attributes that are None or an object, counters in objects, methods of two classes.
"""


class Packet:
    def __init__(self, link, kind):
        self.link = link
        self.kind = kind
        self.datum = 0


class Device:
    def __init__(self, ident):
        self.ident = ident
        self.queue = None
        self.following = None
        self.done = 0

    def step(self):
        packet = self.queue
        if packet is None:
            return 0
        self.queue = packet.link
        packet.link = None
        packet.datum += self.ident
        self.done += 1
        self.following.receive(packet)
        return 1

    def receive(self, packet):
        packet.link = self.queue
        self.queue = packet


class Worker(Device):
    def step(self):
        count = 0
        while self.queue is not None and count < 3:
            packet = self.queue
            self.queue = packet.link
            packet.kind = 1 - packet.kind
            self.following.receive(packet)
            count += 1
        return count


def setup():
    return 12, 40, 600


def run(tasks, packets, rounds):
    ring = [Worker(i) if i % 3 == 0 else Device(i) for i in range(tasks)]
    for i in range(tasks):
        ring[i].following = ring[(i + 1) % tasks]
    for i in range(packets):
        ring[i % tasks].receive(Packet(None, i % 2))
    return schedule(ring, rounds)


def schedule(ring, rounds):
    total = 0
    for _ in range(rounds):
        for task in ring:
            total += task.step()
    return total
