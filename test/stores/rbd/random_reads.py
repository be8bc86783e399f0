"""`python3 random_reads.py CONF POOL IMAGE FILE`: reads an image as a machine does that boots from it, here and there, and
compares what it reads with the file that the image was made of."""

import os
import random
import sys

import rados
import rbd

conf, pool, image, path = sys.argv[1:]
random.seed(1)
with rados.Rados(conffile=conf) as cluster, cluster.open_ioctx(pool) as io:
    with rbd.Image(io, image, read_only=True) as disk, open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        assert disk.size() == size, (disk.size(), size)
        for _ in range(500):
            length = random.choice([512, 4096, 16384, 131072])
            at = random.randrange(0, size // 512) * 512
            file.seek(at)
            wanted = file.read(min(length, size - at))
            assert disk.read(at, len(wanted)) == wanted, at
