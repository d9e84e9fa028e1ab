"""The run of script/failover: a cluster, two servers, traffic, and one thing after another that breaks."""

import argparse
import socket
import sys
import time

from cluster import Cluster
from report import Report
from space import Space, wait_until
from traffic import LOCATIONS, Traffic

SERVERS = {"desk1": "10.87.0.21:8080", "desk2": "10.87.0.22:8080"}


def step(what):
    """A heading."""
    print(f"\n== {what}", flush=True)


class Desks:
    """The two Frontdesk servers."""

    def __init__(self, options, database):
        self.spaces = [Space(options.prefix, name) for name in SERVERS]
        self.frontdesk, self.work, self.database = options.frontdesk, options.work, ["--database", database]

    def run(self, *words):
        """A command of the operator; answers what it prints."""
        return self.spaces[0].do(self.frontdesk, *words, *self.database)

    def start(self, desk):
        """Starts a server; returns when it listens."""
        log, address = f"{self.work}/{desk.name}.log", SERVERS[desk.name]
        limits = ["--rate-limit", "off", "--starts-per-minute", "off"]
        desk.start(log, self.frontdesk, "serve", "--listen", address, *limits, *self.database)

        def listens():
            if desk.children[-1].poll() is not None:
                with open(log, encoding="utf-8") as said:
                    raise SystemExit(f"{desk.name} did not start:\n{said.read()}")
            host, port = address.split(":")
            with socket.socket() as connection:
                return connection.connect_ex((host, int(port))) == 0

        wait_until(f"{desk.name} listens", listens)


class Run:
    """The cluster, the servers, the traffic, and how they are broken."""

    def __init__(self, options):
        self.calm = options.calm
        self.cluster = Cluster(options.prefix, options.work, options.postgresql)
        step("three PostgreSQL nodes under Patroni with etcd, and a proxy")
        self.cluster.start()
        primary, standby = self.cluster.primary(), self.cluster.standby()
        print(f"{primary.name} is the primary, {standby.name} the synchronous standby", flush=True)
        step("two Frontdesk servers, visitors and partners")
        self.desks = Desks(options, self.cluster.make_database())
        for location, time_to_live in LOCATIONS.items():
            zone = ["--name", location, "--time-zone", "America/Chicago"]
            self.desks.run("location", "add", location, *zone, "--session-ttl", time_to_live)
        create = ["token", "create", "--all-locations", "--scope"]
        tokens = [self.desks.run(*create, scope) for scope in ("partner", "booking")]
        for desk in self.desks.spaces:
            self.desks.start(desk)
        self.traffic = Traffic(list(SERVERS.values()), *tokens)

    def stage(self, name, breakage):
        """Breaks something, and lets traffic go on undisturbed once everything is whole again."""
        step(name)
        self.traffic.begin(name)
        breakage()
        self.cluster.whole()
        self.traffic.resume()
        self._say("all is whole, and everybody is served")
        time.sleep(self.calm)

    def nothing(self):
        """To compare with."""

    def kill_primary(self):
        """A machine loses its power, and is switched on again once the others do without it."""
        node = self.cluster.primary()
        node.kill()
        self._say(f"{node.name}, the primary, is gone: PostgreSQL, Patroni and etcd, killed at once")
        self._do_without(node)
        node.switch_on()
        self._say(f"{node.name} is switched on again")

    def cut_primary(self):
        """A machine is alive and believes in itself, but nobody hears it any more."""
        node = self.cluster.primary()
        node.plug(False)
        self._say(f"{node.name}, the primary, is cut off, and runs on")
        wait_until(f"{node.name} takes no more writes", lambda: not node.takes_writes())
        self._say(f"{node.name} takes no more writes")
        self._do_without(node)
        if node.takes_writes():
            raise SystemExit(f"two primaries: {node.name} takes writes again")
        node.plug(True)
        self._say(f"{node.name} is on the network again")

    def restart_primary(self):
        """A setting that needs a restart."""
        node = self.cluster.primary()
        self._order(node, "/restart", {})
        self._say(f"{node.name}, the primary, has restarted PostgreSQL")

    def switch_over(self):
        """A machine is to be mended."""
        node, candidate = self.cluster.primary(), self.cluster.standby()
        self._order(node, "/switchover", {"leader": node.name, "candidate": candidate.name})
        self._say(f"{node.name} has handed over to {candidate.name}")

    def cut_standby(self):
        """The one machine without which no write is acknowledged, until another takes its part."""
        node = self.cluster.standby()
        node.plug(False)
        self._say(f"{node.name}, the synchronous standby, is cut off")
        self.traffic.resume()
        self._say(f"{self.cluster.standby().name} is the synchronous standby now")
        node.plug(True)
        self._say(f"{node.name} is on the network again")

    def kill_server(self):
        """Visitors and partners go to the other one."""
        desk = self.desks.spaces[0]
        desk.kill()
        self._say(f"{desk.name} is killed")
        self.traffic.resume()
        self.desks.start(desk)
        self._say(f"{desk.name} is started again")

    def _do_without(self, node):
        """Waits until another node is the primary and everybody is served."""
        self._say(f"{self.cluster.primary(other_than=node).name} is the primary now")
        self.traffic.resume()
        self._say("everybody is served again")

    def _say(self, what):
        """A line of what happens, and how long after the beginning of the stage."""
        print(f"{time.monotonic() - self.traffic.stages[-1].began:5.1f} s  {what}", flush=True)

    def _order(self, node, path, body):
        """Has Patroni do what `patronictl` asks of it."""
        answer = node.patroni("POST", path, body, timeout=120)
        if not answer or answer[0] != 200:
            raise SystemExit(f"{path} on {node.name}: {answer}")


def main():
    """Ends with 1 when something was lost or missed."""
    options = argparse.ArgumentParser()
    for name in ("prefix", "work", "frontdesk", "postgresql"):
        options.add_argument(f"--{name}", required=True)
    options.add_argument("--calm", type=float, required=True)
    run = Run(options.parse_args())
    run.traffic.start()
    run.stage("nothing happens", run.nothing)
    run.stage("the primary is killed", run.kill_primary)
    run.stage("the primary's network is cut", run.cut_primary)
    run.stage("PostgreSQL is restarted", run.restart_primary)
    run.stage("the primary is switched over", run.switch_over)
    run.stage("the synchronous standby's network is cut", run.cut_standby)
    run.stage("a Frontdesk server is killed", run.kill_server)
    step("held against the record")
    report = Report(run.traffic, run.traffic.end())
    report.print()
    sys.exit(0 if report.is_clean() else 1)


if __name__ == "__main__":
    main()
