"""What each stage cost: a table, and whether anything is wrong."""

from bisect import bisect_right


class Report:
    """The figures of a run that has ended."""

    def __init__(self, traffic, records):
        self.stages, self.troubles = traffic.stages, traffic.troubles
        writes = (write for visitors in traffic.visitors for write in visitors.writes)
        self.writes = sorted(writes, key=lambda write: write.acknowledged)
        self.sessions = sum(len(record.sessions) for record in records.values())
        self.changes = sum(len(record.changes) for record in records.values())
        self.walks = sum(len(partner.walks) for partner in traffic.partners)
        self.partners = len(traffic.partners)
        self.lost, self.missed, self.unknown, self.twice = [], [], [], []
        for location, record in records.items():
            for visitors in (visitors for visitors in traffic.visitors if visitors.location == location):
                self.lost += record.lost(visitors.writes)
            for partner in (partner for partner in traffic.partners if partner.feed.location == location):
                self.missed += [(change, partner.name) for change in record.missed(partner.walks)]
                self.unknown += record.unknown(partner.walks)
            self.twice += record.started_twice()

    def is_clean(self):
        """Whether nothing was lost, missed, made up, or done twice."""
        return not (self.lost or self.missed or self.unknown or self.twice)

    def seconds_without_writes(self):
        """For each stage the longest time from one acknowledged write to the next."""
        longest, earlier = [0.0] * len(self.stages), self.stages[0].began
        for write in self.writes:
            stage = self._stage(write.acknowledged)
            longest[stage] = max(longest[stage], write.acknowledged - earlier)
            earlier = write.acknowledged
        return longest

    def print(self):
        """The table and the sums."""
        writes = [self._stage(write.acknowledged) for write in self.writes]
        lost = [self._stage(write.acknowledged) for write in self.lost]
        instants = [stage.instant for stage in self.stages]
        missed = [max(0, bisect_right(instants, change.at) - 1) for change, _ in self.missed]
        rows = [("stage", "seconds without writes", "writes", "of them lost", "changes missed")]
        for number, (stage, seconds) in enumerate(zip(self.stages, self.seconds_without_writes())):
            counts = (f"{stages.count(number):,}" for stages in (writes, lost, missed))
            rows.append((stage.name, f"{seconds:.1f}", *counts))
        rows.append(("all", "", f"{len(self.writes):,}", f"{len(self.lost):,}", f"{len(self.missed):,}"))
        widths = [max(map(len, column)) for column in zip(*rows)]
        for first, *others in rows:
            cells = (cell.rjust(width) for cell, width in zip(others, widths[1:]))
            print(first.ljust(widths[0]), *cells, sep="  ")
        print(
            f"\n{self.changes:,} changes of {self.sessions:,} sessions; {self.partners} partners asked for"
            f" {self.walks:,} windows."
            f"\nNot on record although a partner saw it: {len(self.unknown)}. Started twice: {len(self.twice)}."
            f"\nWhat clients were answered on the way: {self.troubles}.",
        )
        for what, items in (("lost", self.lost), ("missed", self.missed), ("not on record", self.unknown)):
            for item in items[:10]:
                print(f"{what}: {item}")
            if len(items) > 10:
                print(f"{what}: {len(items) - 10:,} more")

    def _stage(self, moment):
        began = [stage.began for stage in self.stages]
        return max(0, bisect_right(began, moment) - 1)
