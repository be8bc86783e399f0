"""`python3 hold_open.py CONF POOL IMAGE`: has an image open as whoever writes to it, until its standard input ends."""

import sys

import rados
import rbd

conf, pool, image = sys.argv[1:]
with rados.Rados(conffile=conf) as cluster, cluster.open_ioctx(pool) as io:
    with rbd.Image(io, image):
        print("open", flush=True)
        sys.stdin.read()
