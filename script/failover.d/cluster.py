"""Three nodes, each with etcd, Patroni and PostgreSQL, and a proxy that leads to the primary."""

import http.client
import json
import os
import shutil
import string

from space import Space, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ("node1", "node2", "node3")
ADDRESSES = {name: f"10.87.0.{number}" for number, name in enumerate(NAMES, 1)}
PROXY = "10.87.0.10"


class Node(Space):
    """A machine of the cluster."""

    def __init__(self, prefix, name, work, postgresql):
        super().__init__(prefix, name)
        self.address, self.folder, self.postgresql = ADDRESSES[name], f"{work}/{name}", postgresql
        os.mkdir(self.folder, 0o700)
        shutil.chown(self.folder, "postgres", "postgres")
        etcd = ",".join(f"{address}:2379" for address in ADDRESSES.values())
        filled = dict(name=name, address=self.address, folder=self.folder, postgresql=postgresql, etcd=etcd)
        with open(f"{HERE}/patroni.yml", encoding="utf-8") as file:
            settings = string.Template(file.read()).substitute(filled)
        with open(f"{self.folder}.yml", "w", encoding="utf-8") as file:
            file.write(settings)

    def switch_on(self):
        """Starts what runs on the machine; its data are as they were left."""
        peers = ",".join(f"{name}=http://{address}:2380" for name, address in ADDRESSES.items())
        etcd = {
            "name": self.name,
            "data-dir": f"{self.folder}/etcd",
            "listen-peer-urls": f"http://{self.address}:2380",
            "initial-advertise-peer-urls": f"http://{self.address}:2380",
            "listen-client-urls": f"http://{self.address}:2379",
            "advertise-client-urls": f"http://{self.address}:2379",
            "initial-cluster": peers,
            "enable-v2": "true",
            # Twice the usual: a machine that also builds something may be late with a heartbeat.
            "heartbeat-interval": 200,
            "election-timeout": 2000,
            "log-level": "warn",
        }
        options = [f"--{name}={value}" for name, value in etcd.items()]
        self.start(f"{self.folder}.etcd.log", "/usr/bin/etcd", *options, user="postgres")
        self.start(f"{self.folder}.patroni.log", "/usr/bin/patroni", f"{self.folder}.yml", user="postgres")

    def patroni(self, method, path, body=None, timeout=2):
        """Asks this node's Patroni; answers the status and the text, or None when there is no answer."""
        connection = http.client.HTTPConnection(self.address, 8008, timeout=timeout)
        try:
            connection.request(method, path, body and json.dumps(body))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def takes_writes(self):
        """Whether PostgreSQL would write here, asked on the machine itself, where no network is needed."""
        query = ["-XAtc", "SELECT pg_is_in_recovery()"]
        return self.ask(f"{self.postgresql}/psql", "-h", self.folder, "-U", "postgres", *query) == "f"


class Cluster:
    """The nodes and the proxy."""

    def __init__(self, prefix, work, postgresql):
        self.nodes = [Node(prefix, name, work, postgresql) for name in NAMES]
        self.proxy, self.work, self.postgresql = Space(prefix, "proxy"), work, postgresql

    def start(self):
        """Starts everything, and waits until one node is the primary and two follow."""
        for node in self.nodes:
            node.switch_on()
        # A copy, because the proxy's user may not be allowed to read a clone in somebody's home.
        settings = shutil.copy(f"{HERE}/haproxy.cfg", self.work)
        self.proxy.start(f"{self.work}/proxy.log", "/usr/sbin/haproxy", "-db", "-f", settings, user="haproxy")
        self.whole()

    def make_database(self):
        """A role and a database for Frontdesk; answers the URL at the proxy."""
        psql = [f"{self.postgresql}/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
        psql += ["-d", f"postgres://postgres:postgres@{PROXY}:5432/postgres?connect_timeout=5"]
        wait_until("the proxy leads to the primary", lambda: self.proxy.ask(*psql, "-Atc", "SELECT 1"))
        self.proxy.do(*psql, "-c", "CREATE ROLE frontdesk LOGIN PASSWORD 'frontdesk'")
        self.proxy.do(*psql, "-c", "CREATE DATABASE frontdesk OWNER frontdesk")
        return f"postgres://frontdesk:frontdesk@{PROXY}:5432/frontdesk"

    def primary(self, other_than=None):
        """Waits for the node that holds the leader's key, and that is not the one that is known to be away."""
        return wait_until("there is a primary", lambda: self._only("/primary", other_than))

    def standby(self):
        """Waits for the node that has every acknowledged write and may be promoted."""
        return wait_until("there is a synchronous standby", lambda: self._only("/synchronous"))

    def _only(self, role, other_than=None):
        holders = [node for node in self.nodes if (node.patroni("GET", role) or (0,))[0] == 200]
        return holders[0] if len(holders) == 1 and holders[0] is not other_than else None

    def whole(self):
        """Waits until one node is the primary, both others follow it, and one of them synchronously."""
        wait_until("the cluster is whole", self._is_whole)

    def _is_whole(self):
        # The primary's own view, because etcd keeps what a node that was cut off said last.
        primary, standby = self._only("/primary"), self._only("/synchronous")
        status = primary and standby and primary.patroni("GET", "/patroni")
        follow = json.loads(status[1]).get("replication", []) if status else []
        names = [node["application_name"] for node in follow if node["state"] == "streaming"]
        return sorted(names) == [node.name for node in self.nodes if node is not primary]
