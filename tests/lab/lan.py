# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The Ethernet segment between the machines of a lab: a learning switch for QEMU's stream netdev.

It owns frames in flight; it must never know who its ports belong to.
"""
import asyncio
import struct

MAX_FRAME = 68 * 1024
MAX_BACKLOG = 4 * 1024 * 1024  # a port that does not read loses frames, as on a wire


class Lan:
    def __init__(self):
        self.ports = set()
        self.table = {}  # MAC address -> writer
        self.server = None

    async def start(self, path):
        self.server = await asyncio.start_unix_server(self._port, path)

    def stop(self):
        if self.server:
            self.server.close()
        for writer in self.ports:
            writer.close()

    async def _port(self, reader, writer):
        self.ports.add(writer)
        try:
            while True:
                header = await reader.readexactly(4)
                (length,) = struct.unpack("!I", header)
                if not 14 <= length <= MAX_FRAME:
                    return
                frame = await reader.readexactly(length)
                self.table[frame[6:12]] = writer
                self._forward(writer, header + frame, frame[0:6])
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.ports.discard(writer)
            self.table = {mac: port for mac, port in self.table.items() if port is not writer}
            writer.close()

    def _forward(self, source, message, destination):
        known = self.table.get(destination)
        targets = [known] if known else list(self.ports)
        for port in targets:
            if port is not source and port.transport.get_write_buffer_size() < MAX_BACKLOG:
                port.write(message)
