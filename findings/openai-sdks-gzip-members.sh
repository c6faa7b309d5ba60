#!/usr/bin/env bash
# openai 3.57.0 with httpx2 2.16.2 (PyPI), openai 7.59.0 (npm), com.openai:openai-java 4.105.0 with okhttp
# 4.12.0 (Maven): an answer whose gzip body has more than one member.
#
# RFC 1952 lets a gzip file be several members one behind another, and a server that compresses each event
# by itself writes such a body. All three SDKs ask for gzip unless told otherwise.
# Expected: four events are read, or an error is raised.
# Seen: Node reads four events; Java raises "gzip finished without exhausting source"; Python reads the
# first event, drops the other three and [DONE], and ends the loop without an error.
# Why it matters: whoever compresses streams in front of a gateway (or relays a body that came compressed)
# must keep one gzip member for the whole answer; a Python caller takes a cut text for a whole one.
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
venv/bin/pip -q --disable-pip-version-check install openai==3.57.0 httpx2==2.16.2
mkdir node && npm install --prefix node --silent --no-audit --no-fund openai@7.59.0
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

cat > server.py <<'PY'
import asyncio
import gzip
import json

PIECE = {
    "id": "c",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": None}],
}
EVENTS = [f"data: {json.dumps(PIECE)}\n\n"] * 4 + ["data: [DONE]\n\n"]
BODY = b"".join(gzip.compress(event.encode()) for event in EVENTS)
assert gzip.decompress(BODY).decode() == "".join(EVENTS)


async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
            assert "gzip" in head.split("accept-encoding:")[1].split("\r\n")[0]
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n"
                b"content-length: %d\r\n\r\n%s" % (len(BODY), BODY)
            )
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

from openai import OpenAI

client = OpenAI(base_url=sys.argv[1], api_key="k", max_retries=0)
ask = {"model": "m", "messages": [{"role": "user", "content": "q"}]}
print("python", len(list(client.chat.completions.create(**ask, stream=True))), "of 4 events and no error")
PY

cat > node/client.mjs <<'JS'
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'k', maxRetries: 0 });
let events = 0;
const ask = { model: 'm', messages: [{ role: 'user', content: 'q' }], stream: true };
for await (const _ of await client.chat.completions.create(ask)) events++;
console.log('node', events, 'of 4 events and no error');
JS

cat > Client.java <<'JAVA'
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;

class Client {
    public static void main(String[] arguments) {
        var client =
                OpenAIOkHttpClient.builder().baseUrl(arguments[0]).apiKey("k").maxRetries(0).build();
        var ask = ChatCompletionCreateParams.builder().model("m").addUserMessage("q").build();
        try (var stream = client.chat().completions().createStreaming(ask)) {
            System.out.println("java " + stream.stream().count() + " of 4 events and no error");
        } catch (RuntimeException e) {
            System.out.println("java " + e.getCause().getMessage());
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
python 1 of 4 events and no error
node 4 of 4 events and no error
java gzip finished without exhausting source
TEXT
if ! diff expected seen; then
  echo "changed: how a gzip body of several members is read (< as stated, > as seen)"
  exit 1
fi
echo "seen: $(paste -sd, seen | sed 's/,/, /g')"
