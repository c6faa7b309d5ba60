#!/usr/bin/env bash
# openai 3.57.0 (PyPI), openai 7.59.0 (npm), com.openai:openai-java 4.105.0 (Maven): what "timeout" bounds.
#
# Expected: a time-out of one second means the same in three SDKs of one vendor.
# Seen, each with a time-out of 1 s, no retries and an answer that takes 3 s and begins at once:
#   - a stream with an event each 0.3 s: Python and Node read it to its end, Java times out;
#   - a stream that is silent for 3 s after its first event: Python times out, Node waits and reads
#     on (its clock stops when the head of the answer is there), Java times out;
#   - an answer that is not streamed, whose body starts with a space each 0.3 s: Python waits and reads it,
#     Node and Java time out.
# In Python it is the longest silence, in Java the whole call, in Node the whole call or, for a stream,
# the wait for the head.
# Why it matters: comments or spaces that a gateway writes to keep a caller waiting help Python alone:
# Java stops at its time whatever comes, and so does Node unless it asked for a stream. And a Node caller
# whose stream falls silent has no clock of the SDK left, so that the gateway's own must end it.
set -euo pipefail

work=$(mktemp -d)
server=
finish() {
  if [[ -n $server ]]; then kill "$server" 2> /dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip -q --disable-pip-version-check install openai==3.57.0
mkdir node && npm install --prefix node --silent --no-audit --no-fund openai@7.59.0

cat > server.py <<'PY'
import asyncio
import json

PIECE = {
    "id": "c",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": None}],
}
WHOLE = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}],
}
EVENT = f"data: {json.dumps(PIECE)}\n\n"


async def serve(reader, writer):
    async def write(text):
        writer.write(b"%x\r\n%s\r\n" % (len(text.encode()), text.encode()))
        await writer.drain()

    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            asked = json.loads(await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0])))
            kind = "text/event-stream" if asked.get("stream") else "application/json"
            writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n".encode())
            if asked["model"] == "steady":
                for _ in range(10):
                    await write(EVENT)
                    await asyncio.sleep(0.3)
                await write("data: [DONE]\n\n")
            elif asked["model"] == "silent":
                await write(EVENT)
                await asyncio.sleep(3)
                await write(EVENT + "data: [DONE]\n\n")
            else:
                for _ in range(10):
                    await write(" ")
                    await asyncio.sleep(0.3)
                await write(json.dumps(WHOLE))
            writer.write(b"0\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
PY

cat > client.py <<'PY'
import sys

from openai import APITimeoutError, OpenAI

client = OpenAI(base_url=sys.argv[1], api_key="k", timeout=1, max_retries=0)
for model in ("steady", "silent", "spaces"):
    ask = {"model": model, "messages": [{"role": "user", "content": "q"}]}
    try:
        if model == "spaces":
            client.chat.completions.create(**ask)
        else:
            for _ in client.chat.completions.create(**ask, stream=True):
                pass
        print("python", model, "whole")
    except APITimeoutError:
        print("python", model, "timed out")
PY

cat > node/client.mjs <<'JS'
import OpenAI, { APIConnectionTimeoutError } from 'openai';

const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'k', timeout: 1000, maxRetries: 0 });
for (const model of ['steady', 'silent', 'spaces']) {
  const ask = { model, messages: [{ role: 'user', content: 'q' }] };
  try {
    if (model === 'spaces') {
      await client.chat.completions.create(ask);
    } else {
      for await (const _ of await client.chat.completions.create({ ...ask, stream: true }));
    }
    console.log('node', model, 'whole');
  } catch (error) {
    if (!(error instanceof APIConnectionTimeoutError)) throw error;
    console.log('node', model, 'timed out');
  }
}
JS

cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>seen</groupId>
  <artifactId>seen</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.openai</groupId>
      <artifactId>openai-java</artifactId>
      <version>4.105.0</version>
    </dependency>
  </dependencies>
</project>
XML
mvn -q -B -Dmaven.repo.local="$work/repository" \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory="$work/jars" > mvn.log 2>&1 \
  || { cat mvn.log; exit 1; }

cat > Client.java <<'JAVA'
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;

class Client {
    public static void main(String[] arguments) {
        var client =
                OpenAIOkHttpClient.builder()
                        .baseUrl(arguments[0])
                        .apiKey("k")
                        .timeout(Duration.ofSeconds(1))
                        .maxRetries(0)
                        .build();
        for (var model : List.of("steady", "silent", "spaces")) {
            var ask = ChatCompletionCreateParams.builder().model(model).addUserMessage("q").build();
            try {
                if (model.equals("spaces")) {
                    client.chat().completions().create(ask);
                } else {
                    try (var stream = client.chat().completions().createStreaming(ask)) {
                        stream.stream().forEach(event -> {});
                    }
                }
                System.out.println("java " + model + " whole");
            } catch (RuntimeException e) {
                var late = e.getCause() instanceof InterruptedIOException;
                System.out.println("java " + model + (late ? " timed out" : " " + e));
            }
        }
        System.exit(0);
    }
}
JAVA

python3 server.py > port &
server=$!
until [[ -s port ]]; do sleep 0.1; done
base="http://127.0.0.1:$(cat port)/v1"
{
  venv/bin/python client.py "$base"
  node node/client.mjs "$base"
  java -cp 'jars/*' Client.java "$base" 2> java.log
} > seen

cat > expected <<'TEXT'
python steady whole
python silent timed out
python spaces whole
node steady whole
node silent whole
node spaces timed out
java steady timed out
java silent timed out
java spaces timed out
TEXT
if ! diff expected seen; then
  echo "changed: what a time-out of 1 s bounds (< as stated, > as seen)"
  exit 1
fi
echo "seen: $(paste -sd, seen | sed 's/,/, /g')"
