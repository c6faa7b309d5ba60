#!/usr/bin/env bash
# openai 3.57.0 (PyPI), with httpx2 2.16.2: the synchronous client and connections of streams.
#
# Expected: a streamed completion that was read to its [DONE] leaves its connection to the next call,
# as a completion that is not streamed does.
# Seen: OpenAI opens a new connection for each streamed call, although the server sends the last chunk
# of the body together with [DONE]; AsyncOpenAI does the same five calls over one connection. The
# synchronous client stops reading at [DONE] and closes, the asynchronous one reads the rest first.
# Why it matters: a gateway in front of synchronous Python programs pays a connection and a TLS
# handshake for each stream, needs limits on new connections with that in mind, and must not take the
# close that follows [DONE] for a caller who left in the middle of an answer.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q --disable-pip-version-check install openai==3.57.0 httpx2==2.16.2

cat > "$work/seen.py" <<'PY'
import asyncio
import json
import sys

from openai import AsyncOpenAI, OpenAI

CHUNK = {
    "id": "c",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}],
}
WHOLE = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}],
}
ASK = {"model": "m", "messages": [{"role": "user", "content": "q"}]}
CALLS = 5
connections = 0


def chunk(text):
    data = text.encode()
    return b"%x\r\n%s\r\n" % (len(data), data)


async def serve(reader, writer):
    global connections
    connections += 1
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.split("content-length:")[1].split("\r\n")[0])
            if json.loads(await reader.readexactly(length)).get("stream"):
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                    + chunk(f"data: {json.dumps(CHUNK)}\n\n")
                    + chunk("data: [DONE]\n\n")
                    + b"0\r\n\r\n"
                )
            else:
                body = json.dumps(WHOLE).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                    % (len(body), body)
                )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def whole(client):
    for _ in range(CALLS):
        client.chat.completions.create(**ASK)


def streamed(client):
    for _ in range(CALLS):
        assert len(list(client.chat.completions.create(**ASK, stream=True))) == 1


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    settings = {
        "base_url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1",
        "api_key": "k",
        "max_retries": 0,
    }
    seen = {}
    for name, calls in (("whole", whole), ("streamed", streamed)):
        before = connections
        with OpenAI(**settings) as client:
            await asyncio.to_thread(calls, client)
        seen[name] = connections - before
    before = connections
    async with AsyncOpenAI(**settings) as client:
        for _ in range(CALLS):
            stream = await client.chat.completions.create(**ASK, stream=True)
            assert len([event async for event in stream]) == 1
    seen["streamed, asynchronous"] = connections - before
    await asyncio.sleep(0.2)
    print(f"seen: connections for {CALLS} calls: {seen}")
    return seen == {"whole": 1, "streamed": CALLS, "streamed, asynchronous": 1}


sys.exit(0 if asyncio.run(main()) else "changed: expected 1 whole, 5 streamed, 1 streamed asynchronously")
PY
"$work/venv/bin/python" "$work/seen.py"
