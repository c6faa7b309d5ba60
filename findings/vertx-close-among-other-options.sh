#!/usr/bin/env bash
# io.vertx:vertx-core 4.5.27 with Netty 4.1.135 (Maven): "close" beside another option in Connection.
#
# Connection is a list, and close may stand in it beside something else: Perl's LWP asks with "TE, close", and a server
# that offers another protocol but is about to close answers "Upgrade, close".
# Expected: "TE, close" ends the connection after the answer, as "close" does, and as Netty's own HttpUtil reads it.
# Seen: Vert.x looks for a value that is close and nothing else, on both sides. Its server keeps the connection open
# after a request with "TE, close"; its client puts a connection whose answer said "Upgrade, close" back into the
# pool and sends the next request over it.
# Why it matters: a gateway on Vert.x (so one on Quarkus, too) sends requests into connections that upstream has just
# announced to close, which is a 502 or a repeated request each time; and callers that asked for the end of the
# connection count against its limits until the idle time is over.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>seen</groupId>
  <artifactId>seen</artifactId>
  <version>1</version>
  <dependencyManagement>
    <dependencies>
      <dependency>
        <groupId>io.netty</groupId>
        <artifactId>netty-bom</artifactId>
        <version>4.1.135.Final</version>
        <type>pom</type>
        <scope>import</scope>
      </dependency>
    </dependencies>
  </dependencyManagement>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId>
      <artifactId>vertx-core</artifactId>
      <version>4.5.27</version>
    </dependency>
  </dependencies>
</project>
XML
mvn -q -B -Dmaven.repo.local="$work/repository" \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory="$work/jars" > mvn.log 2>&1 \
  || { cat mvn.log; exit 1; }

cat > Seen.java <<'JAVA'
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

class Seen {
    static final Vertx VERTX = Vertx.vertx();

    public static void main(String[] arguments) throws Exception {
        for (var connection : List.of("close", "TE, close", "Upgrade, close")) {
            System.out.printf(
                    "%s: Netty %s, server %s, client %d connections for 3 requests%n",
                    connection, netty(connection), server(connection), client(connection));
        }
        System.exit(0);
    }

    static String netty(String connection) {
        var request =
                new DefaultHttpRequest(HttpVersion.HTTP_1_1, io.netty.handler.codec.http.HttpMethod.GET, "/");
        request.headers().set("Connection", connection);
        return HttpUtil.isKeepAlive(request) ? "keeps" : "closes";
    }

    /// What a server does with the connection within two seconds after its answer.
    static String server(String connection) throws Exception {
        var server =
                VERTX.createHttpServer()
                        .requestHandler(request -> request.response().end("ok"))
                        .listen(0, "127.0.0.1")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(20, TimeUnit.SECONDS);
        try (var socket = new Socket("127.0.0.1", server.actualPort())) {
            var request = "GET / HTTP/1.1\r\nHost: gateway\r\nTE: trailers\r\nConnection: " + connection + "\r\n\r\n";
            socket.getOutputStream().write(request.getBytes());
            socket.setSoTimeout(20_000);
            var answer = "";
            var bytes = new byte[4096];
            while (!answer.endsWith("\r\n\r\nok")) {
                answer += new String(bytes, 0, socket.getInputStream().read(bytes));
            }
            socket.setSoTimeout(2_000);
            return socket.getInputStream().read() == -1 ? "closes" : "goes on";
        } catch (SocketTimeoutException e) {
            return "keeps";
        }
    }

    /// How many connections a client opens for requests one after another, whose answers all announce the end.
    static int client(String connection) throws Exception {
        var connections = new AtomicInteger();
        try (var upstream = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            start(() -> {
                while (true) {
                    var socket = upstream.accept();
                    connections.incrementAndGet();
                    start(() -> answer(socket, connection));
                }
            });
            var client = VERTX.createHttpClient();
            for (var i = 0; i < 3; i++) {
                client.request(HttpMethod.GET, upstream.getLocalPort(), "127.0.0.1", "/")
                        .compose(HttpClientRequest::send)
                        .compose(HttpClientResponse::body)
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(20, TimeUnit.SECONDS);
                Thread.sleep(200);
            }
            return connections.get();
        }
    }

    /// Announces the end in each answer and is slow to carry it out, so that one sees who goes on.
    static void answer(Socket socket, String connection) throws IOException {
        var bytes = new byte[4096];
        while (socket.getInputStream().read(bytes) > 0) {
            var head = "HTTP/1.1 200 OK\r\nUpgrade: h2\r\nConnection: " + connection + "\r\nContent-Length: 2\r\n\r\n";
            socket.getOutputStream().write((head + "ok").getBytes());
        }
    }

    interface Work {
        void run() throws IOException;
    }

    static void start(Work work) {
        var thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException e) {
                // the other side is done
            }
        });
        thread.setDaemon(true);
        thread.start();
    }
}
JAVA
java -cp 'jars/*' Seen.java > seen 2> log || { cat log; exit 1; }

cat > expected <<'TEXT'
close: Netty closes, server closes, client 3 connections for 3 requests
TE, close: Netty closes, server keeps, client 1 connections for 3 requests
Upgrade, close: Netty closes, server keeps, client 1 connections for 3 requests
TEXT
if ! diff expected seen; then
  echo "changed: what the value of Connection does (< as stated, > as seen)"
  exit 1
fi
echo "seen: $(paste -sd';' seen | sed 's/;/; /g')"
