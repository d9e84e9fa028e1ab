"""Processes in network namespaces, and waiting for what they do."""

import os
import subprocess
import time

# Others may be building on the machine; nothing that works takes this long.
PATIENCE = 180


class Space:
    """A network namespace, and what was started in it."""

    def __init__(self, prefix, name):
        self.name, self.namespace, self.switch = name, f"{prefix}-{name}", f"{prefix}-switch"
        self.children = []

    def command(self, *words, user=None):
        """The command line that runs `words` here."""
        # System V's shared memory outlives a process that is killed, unless its namespace ends with it.
        within = ["ip", "netns", "exec", self.namespace, "unshare", "--ipc"]
        drop = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
        return [*within, *drop, *map(str, words)]

    def start(self, log, *words, user=None):
        """Starts a process whose output goes to the file `log`."""
        with open(log, "ab") as output:
            command = self.command(*words, user=user)
            self.children.append(
                subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment())
            )

    def ask(self, *words):
        """Runs a command to its end; answers what it printed, or None when it failed."""
        try:
            done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=30, env=environment())
        except subprocess.TimeoutExpired:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    def do(self, *words):
        """Runs a command that has to succeed; answers what it printed."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, env=environment())
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
        return done.stdout.strip()

    def kill(self):
        """Ends everything that runs here, at once, as a machine ends that loses its power."""
        while pids := subprocess.check_output(["ip", "netns", "pids", self.namespace], text=True).split():
            subprocess.run(["kill", "-9", *pids], stderr=subprocess.DEVNULL, check=False)
            for child in self.children:
                child.wait()
            self.children.clear()

    def plug(self, plugged):
        """Pulls the cable out of the switch, or puts it back."""
        link = ["ip", "-n", self.switch, "link", "set", self.name, "up" if plugged else "down"]
        subprocess.run(link, check=True)


def environment():
    """Ours, without settings of Frontdesk, PostgreSQL and Patroni that the caller happens to have."""
    foreign = ("FRONTDESK_", "PG", "PATRONI_", "ETCD_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {"LC_ALL": "C.UTF-8"}


def wait_until(what, condition, patience=PATIENCE):
    """Asks until `condition` gives something, and answers that."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise SystemExit(f"waited for {patience} seconds until {what}; with --keep the logs may tell")
        time.sleep(0.2)
    return found
