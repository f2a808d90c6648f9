#!/usr/bin/env python3
"""Makes pairs of disk images whose files changed by moving bytes: moved.py FOLDER [NAME...]

Each corpus is FOLDER/NAME.before and FOLDER/NAME.after: an ext4 file system, made with a file in it, mounted
(root and a loop device), changed by the real program where there is one, and unmounted. The content is made
from seeds, so that it is the same each time.
"""
import contextlib
import gzip
import os
import random
import shutil
import sqlite3
import subprocess
import sys

WORDS = [w for w in open(__file__, encoding="utf-8").read().split() if w.isalpha()] + [
    "server", "client", "request", "answer", "session", "user", "disk", "network", "address", "kernel", "package",
    "version", "library", "number", "message", "service", "started", "stopped", "failed", "because", "between",
    "morning", "meeting", "project", "report", "please", "thanks", "regards", "attached", "tomorrow", "question"]


def sentence(chance, count):
    return " ".join(chance.choices(WORDS, k=count))


def token(chance, length=16):
    return "".join(chance.choices("0123456789abcdef", k=length))


def fill_database(path):
    chance = random.Random(1)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("create table item (id integer primary key, name text, owner text, digest text, note text, stamp integer)")
        db.executemany("insert into item values (?, ?, ?, ?, ?, ?)", (
            (i, f"item-{i:08}", chance.choice(WORDS), token(chance, 40), sentence(chance, 20), 1_700_000_000 + i) for i in range(100_000)))
        db.execute("create index item_name on item (name)")
        db.execute("create index item_digest on item (digest)")


def update_database(path):
    chance = random.Random(2)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        for i in chance.sample(range(100_000), 1_500):
            db.execute("update item set note = ?, stamp = stamp + 100000 where id = ?", (sentence(chance, chance.randint(12, 28)), i))


def delete_and_vacuum(path):
    chance = random.Random(3)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        for i in chance.sample(range(100_000), 3_000):
            db.execute("delete from item where id = ?", (i,))
        for i in chance.sample(range(100_000), 500):
            db.execute("update item set note = ? where id = ?", (sentence(chance, 20), i))
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("vacuum")


def log_lines(seed, count, start):
    chance = random.Random(seed)
    for i in range(count):
        address = f"10.{chance.randint(0, 3)}.{chance.randint(0, 255)}.{chance.randint(1, 254)}"
        when = f"Nov {10 + (start + i) // 86400 % 20:2} {(start + i) // 3600 % 24:02}:{(start + i) // 60 % 60:02}:{(start + i) % 60:02}"
        kind = chance.randint(0, 5)
        if kind < 3:
            yield f"{when} edge-1 nginx[811]: {address} \"GET /{chance.choice(WORDS)}/{chance.randint(1, 9999)} HTTP/1.1\" {chance.choice((200, 200, 200, 304, 404))} {chance.randint(100, 90000)}\n"
        elif kind == 3:
            yield f"{when} edge-1 sshd[{chance.randint(900, 32000)}]: Accepted publickey for {chance.choice(WORDS)} from {address} port {chance.randint(1024, 65000)} ssh2\n"
        else:
            yield f"{when} edge-1 {chance.choice(WORDS)}[{chance.randint(900, 32000)}]: {sentence(chance, chance.randint(5, 14))} id={token(chance)}\n"


def write_logs(folder):
    os.makedirs(folder)
    for number, lines in ((0, 80_000), (1, 90_000)):
        with open(f"{folder}/syslog{'.1' if number else ''}", "w", encoding="utf-8") as file:
            file.writelines(log_lines(10 + number, lines, number * 300_000))
    for number in (2, 3, 4):
        with gzip.GzipFile(f"{folder}/syslog.{number}.gz", "wb", mtime=0) as file:
            for line in log_lines(10 + number, 50_000, number * 300_000):
                file.write(line.encode())


def rotate_logs(folder):
    os.remove(f"{folder}/syslog.4.gz")
    for number in (3, 2):
        os.rename(f"{folder}/syslog.{number}.gz", f"{folder}/syslog.{number + 1}.gz")
    with open(f"{folder}/syslog.1", "rb") as plain, gzip.GzipFile(f"{folder}/syslog.2.gz", "wb", mtime=0) as file:
        shutil.copyfileobj(plain, file)
    os.remove(f"{folder}/syslog.1")
    os.rename(f"{folder}/syslog", f"{folder}/syslog.1")
    with open(f"{folder}/syslog", "w", encoding="utf-8") as file:
        file.writelines(log_lines(9, 15_000, 700_000))


def package(chance, i, version):
    name = f"lib{chance.choice(WORDS)}{i}"
    needs = ", ".join(f"lib{chance.choice(WORDS)}{chance.randint(1, 60_000)} (>= {chance.randint(0, 9)}.{chance.randint(0, 30)})" for _ in range(chance.randint(1, 6)))
    own = random.Random(i * 31 + version)
    return (f"Package: {name}\nSource: {chance.choice(WORDS)}\nVersion: {chance.randint(0, 9)}.{chance.randint(0, 40)}.{version}-1\nInstalled-Size: {own.randint(20, 90000)}\n"
            f"Maintainer: {chance.choice(WORDS)} <{chance.choice(WORDS)}@example.org>\nArchitecture: amd64\nDepends: {needs}\nDescription: {sentence(chance, 7)}\n"
            f"Section: {chance.choice(WORDS)}\nPriority: optional\nFilename: pool/main/{name[3]}/{name}/{name}_{version}_amd64.deb\nSize: {own.randint(2000, 9000000)}\nSHA256: {token(own, 64)}\n\n")


def write_index(path, changed):
    pick = random.Random(5)
    with open(path, "w", encoding="utf-8") as file:
        for i in range(25_000):
            kind = pick.random()
            if changed and kind < 0.01:
                continue
            file.write(package(random.Random(i), i, 2 if changed and kind < 0.05 else 1))
            if changed and kind > 0.99:
                file.write(package(random.Random(i + 1_000_000), i + 1_000_000, 1))


def compile_program(path, changed):
    """Thousands of functions that call each other and use tables; changed: some are longer, some are new."""
    chance, pick = random.Random(6), random.Random(7)
    source = [f"static int table{t}[64] = {{{', '.join(str(chance.randint(0, 1 << 30)) for _ in range(64))}}};" for t in range(400)]
    source.append("extern int printf(const char *, ...);")
    count = 3000
    source += [f"int f{i}(int a, int b);" for i in range(count)]
    for i in range(count):
        body = []
        for _ in range(chance.randint(4, 16)):
            kind = chance.randint(0, 3)
            if kind == 0:
                body.append(f"a += f{chance.randint(0, count - 1)}(b, {chance.randint(0, 1 << 20)});")
            elif kind == 1:
                body.append(f"b ^= table{chance.randint(0, 399)}[a & 63] + {chance.randint(0, 1 << 16)};")
            elif kind == 2:
                body.append(f"if (a > {chance.randint(0, 9999)}) printf(\"{sentence(chance, 4)} %d\\n\", b);")
            else:
                body.append(f"for (int i = 0; i < (b & 7); i++) a = a * {chance.randint(3, 99)} + i;")
        if changed and pick.random() < 0.01:
            body.insert(1, f"if (b == {pick.randint(0, 999)}) printf(\"{sentence(pick, 5)}\\n\"); a -= table{pick.randint(0, 399)}[b & 63];")
        source.append(f"int f{i}(int a, int b) {{ {' '.join(body)} return a + b; }}")
    source.append("int main(int n, char **v) { return f0(n, 1); }")
    run = subprocess.run(["gcc", "-x", "c", "-O1", "-g0", "-w", "-o", path, "-"], input="\n".join(source), text=True, check=False)
    if run.returncode:
        sys.exit("gcc failed: it is needed for the corpus 'program'")


def message(chance, i):
    body = "\n".join(sentence(chance, chance.randint(6, 14)) for _ in range(chance.randint(4, 40)))
    if chance.random() < 0.08:
        body += "\n\n" + "\n".join(token(chance, 76) for _ in range(chance.randint(20, 200)))
    return (f"From {chance.choice(WORDS)}@example.org Mon Nov  2 10:00:00 2026\nMessage-ID: <{token(chance, 24)}@example.org>\n"
            f"From: {chance.choice(WORDS)} <{chance.choice(WORDS)}@example.org>\nTo: team@example.org\nSubject: {sentence(chance, 5)}\nStatus: {{status}}\nX-UID: {i}\n\n{body}\n\n")


def write_mail(path, compacted):
    pick = random.Random(8)
    with open(path, "w", encoding="utf-8") as file:
        for i in range(9_000):
            kind = pick.random()
            if compacted and kind < 0.03:
                continue
            file.write(message(random.Random(100_000 + i), i).replace("{status}", "RO" if kind < 0.94 or compacted and kind < 0.945 else "O"))
        for i in range(60 if compacted else 0):
            file.write(message(random.Random(200_000 + i), 9_000 + i).replace("{status}", "O"))


# name: (folder's content before, what is done to it)
def rewritten(write, name):
    """A file that is written anew beside the old one and renamed over it, as programs do that care."""
    def change(folder):
        write(f"{folder}/{name}.new", True)
        os.replace(f"{folder}/{name}.new", f"{folder}/{name}")
    return lambda folder: write(f"{folder}/{name}", False), change


CORPORA = {
    "database": (lambda f: fill_database(f"{f}/db"), lambda f: update_database(f"{f}/db")),
    "vacuum": (lambda f: fill_database(f"{f}/db"), lambda f: delete_and_vacuum(f"{f}/db")),
    "logs": (lambda f: write_logs(f"{f}/log"), lambda f: rotate_logs(f"{f}/log")),
    "index": rewritten(write_index, "Packages"),
    "program": rewritten(compile_program, "program"),
    "mail": rewritten(write_mail, "mbox"),
}


def mounted(image, folder, change):
    subprocess.run(["mount", "-o", "loop,noatime", image, folder], check=True)
    try:
        change(folder)
    finally:
        subprocess.run(["umount", folder], check=True)


def make(folder, name):
    before, after, work = (f"{folder}/{name}.{end}" for end in ("before", "after", "mnt"))
    os.makedirs(work, exist_ok=True)
    with open(before, "wb") as file:
        file.truncate(128 << 20)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-U", "00000000-0000-0000-0000-000000000001", before], check=True)
    fill, change = CORPORA[name]

    def first(where):
        shutil.copytree("/usr/share/perl", f"{where}/perl", symlinks=True)
        fill(where)
    mounted(before, work, first)
    subprocess.run(["cp", "--sparse=always", before, after], check=True)
    mounted(after, work, change)
    os.rmdir(work)


for each in sys.argv[2:] or CORPORA:
    make(sys.argv[1], each)
