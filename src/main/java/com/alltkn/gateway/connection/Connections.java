package com.alltkn.gateway.connection;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// All connections to the gateway's ports, and who has to go when they, or what waits on them,
/// become too many. Those that have shown no valid credential yet, the strangers, go first, for
/// their peers lose nothing by it; behind a proxy all callers have one address, so that beyond them
/// only a caller's id says whose a connection is.
///
/// A request takes no lock here: connections that come, go or show another caller do, and those on
/// which something waits.
@Singleton
public class Connections {

    private static final Logger LOG = Logger.getLogger(Connections.class);

    private static final int LITTLE_INPUT = 64 * 1024;
    private static final int MUCH_INPUT = 1024 * 1024;
    private static final long LINE_INTERVAL = TimeUnit.MINUTES.toNanos(1);

    private final int most;
    private final int mostKnown;
    private final int mostPerCaller;
    private final int mostPerAddress;
    private final long mostHeld;
    private final Clocks clocks;
    private final Map<EventLoop, Rounds> rounds = new ConcurrentHashMap<>();
    private final Map<Closing, LongAdder> closed = new EnumMap<>(Closing.class);

    /// Guards everything below, and what says so in parties and connections.
    private final Object lock = new Object();

    private final Party strangers;
    private final Map<Object, Set<Connection>> strangersByAddress = new HashMap<>();
    private final Map<String, Party> callers = new HashMap<>();
    private int known;
    private long held;
    private long nextLine = System.nanoTime();
    private long closedSinceLine;

    Connections(ConnectionConfig config) {
        most = Math.max(2, config.maxConnections());
        mostKnown = most - Math.max(1, most / 10);
        mostPerCaller = config.maxConnectionsPerCaller().orElse(Math.max(1, most / 2));
        mostPerAddress = config.maxConnectionsPerAddress().orElse(Math.max(1, most / 4));
        mostHeld =
                config.maxUnsentMemory()
                        .map(size -> size.asLongValue())
                        .orElseGet(() -> Runtime.getRuntime().maxMemory() / 8);
        clocks = Clocks.of(config);
        strangers = new Party(null, mostHeld / 4);
        for (var why : Closing.values()) {
            closed.put(why, new LongAdder());
        }
    }

    /// Takes note of whose requests a connection carries.
    ///
    /// @param request a request with a valid credential
    /// @param caller the id of the caller that it belongs to
    /// @return whether there is room for one more connection of this caller; if not, the request
    ///   should be its connection's last
    public boolean belongs(HttpServerRequest request, String caller) {
        var connection = of(request);
        return connection == null || connection.party().is(caller) || move(connection, caller);
    }

    /// @param request any request
    /// @return whether the gateway has closed its connection, for nobody read what was answered
    public boolean closedUnread(HttpServerRequest request) {
        var connection = of(request);
        var why = connection == null ? null : connection.closing();
        return why != null && why.isDeaf();
    }

    /// @return how many connections belong to a caller
    public int known() {
        synchronized (lock) {
            return known;
        }
    }

    /// @return how many connections have shown no valid credential
    public int strangers() {
        synchronized (lock) {
            return strangers.members().size();
        }
    }

    /// @return the most connections that there may be
    public int most() {
        return most;
    }

    /// @return what waits on all connections, to be read or for its turn, in bytes
    public long heldBytes() {
        synchronized (lock) {
            return held;
        }
    }

    /// @return how many connections the gateway has closed for a reason
    public long closed(Closing why) {
        return counter(why).sum();
    }

    Clocks clocks() {
        return clocks;
    }

    Turns turnsOf(Channel channel) {
        return roundsOf(channel).turns();
    }

    Party strangersParty() {
        return strangers;
    }

    /// Takes in a connection that has just come, on its event loop.
    void opened(Connection connection) {
        roundsOf(connection.channel()).add(connection);
        synchronized (lock) {
            var neighbours = strangersByAddress.get(connection.address());
            if (neighbours != null && neighbours.size() >= mostPerAddress) {
                evict(neighbours.iterator().next(), Closing.SHARE);
            } else if (known + strangers.members().size() >= most
                    && !strangers.members().isEmpty()) {
                evict(strangers.members().iterator().next(), Closing.FULL);
            }
            enter(connection, strangers);
        }
    }

    /// Forgets a connection that has gone, on its event loop.
    void gone(Connection connection) {
        roundsOf(connection.channel()).remove(connection);
        synchronized (lock) {
            leave(connection);
        }
    }

    /// Takes out a connection that is about to be closed on its event loop.
    ///
    /// @return whether it was not closed before
    boolean closes(Connection connection, Closing why) {
        synchronized (lock) {
            if (connection.closing() != null) {
                return false;
            }
            takeOut(connection, why);
            return true;
        }
    }

    /// Takes a connection back that is not closed after all.
    void stays(Connection connection) {
        synchronized (lock) {
            connection.closing(null);
            enter(connection, partyOf(connection.party()));
        }
    }

    /// Counts what waits on a connection, and closes the slowest where that is too much.
    void count(Connection connection, long bytes) {
        synchronized (lock) {
            // What is written to one that has gone, or has to go, waits for nobody.
            if (!connection.party().members().contains(connection)) {
                return;
            }
            var more = bytes - connection.counted();
            hold(connection, more);
            if (more > 0) {
                relieve(connection.party());
            }
        }
    }

    /// @return whether so much waits that a caller's part of it may come to its end
    boolean holdMuch() {
        return heldBytes() >= mostHeld / 4;
    }

    int mostInput(Party party) {
        return !party.areStrangers() && heldBytes() < mostHeld / 2 ? MUCH_INPUT : LITTLE_INPUT;
    }

    private static @Nullable Connection of(HttpServerRequest request) {
        return request.connection() instanceof ConnectionBase connection
                ? Connection.of(connection.channel())
                : null;
    }

    private boolean move(Connection connection, String caller) {
        synchronized (lock) {
            if (!connection.party().members().contains(connection)) {
                return true;
            }
            var next = callers.computeIfAbsent(caller, id -> new Party(id, mostHeld / 2));
            if (!hasRoom(next, connection)) {
                forgetIfEmpty(next);
                return false;
            }
            var waiting = connection.counted();
            leave(connection);
            enter(connection, next);
            hold(connection, waiting);
            connection.becameKnown();
            return true;
        }
    }

    private boolean hasRoom(Party next, Connection connection) {
        if (next.members().size() >= mostPerCaller) {
            return closeLongestResting(next.members(), Closing.SHARE);
        }
        return !connection.party().areStrangers()
                || known < mostKnown
                || closeLongestResting(
                        callers.values().stream().flatMap(one -> one.members().stream()).toList(),
                        Closing.FULL);
    }

    private boolean closeLongestResting(Collection<Connection> among, Closing why) {
        @Nullable Connection longest = null;
        var since = 0L;
        for (var one : among) {
            var resting = one.restingSince();
            if (resting != 0 && (longest == null || resting - since < 0)) {
                longest = one;
                since = resting;
            }
        }
        if (longest == null) {
            return false;
        }
        takeOut(longest, why);
        longest.closeSoonIfResting(why);
        return true;
    }

    private void relieve(Party party) {
        if (held > mostHeld) {
            var all = new ArrayList<>(strangers.members());
            callers.values().forEach(one -> all.addAll(one.members()));
            closeSlowest(all, () -> held > mostHeld);
        } else if (party.holdsTooMuch()) {
            closeSlowest(new ArrayList<>(party.members()), party::holdsTooMuch);
        }
    }

    /// Strangers first, then those that have taken nothing for the longest time, then the fullest.
    private void closeSlowest(ArrayList<Connection> among, BooleanSupplier tooMuch) {
        among.removeIf(one -> one.counted() == 0);
        among.sort(
                Comparator.comparing((Connection one) -> !one.party().areStrangers())
                        .thenComparing(one -> one.stuckSince() == 0)
                        .thenComparingLong(Connection::stuckSince)
                        .thenComparingLong(one -> -one.counted()));
        for (var one : among) {
            if (!tooMuch.getAsBoolean()) {
                return;
            }
            evict(one, Closing.MEMORY);
        }
    }

    private void evict(Connection connection, Closing why) {
        takeOut(connection, why);
        connection.closeSoon(why);
    }

    private void takeOut(Connection connection, Closing why) {
        leave(connection);
        connection.closing(why);
        counter(why).increment();
        tell(why);
    }

    /// Another may have come in the place of one that was empty.
    private Party partyOf(Party former) {
        var caller = former.caller();
        return caller == null ? strangers : callers.getOrDefault(caller, former);
    }

    private void enter(Connection connection, Party party) {
        connection.party(party);
        party.members().add(connection);
        if (party.areStrangers()) {
            strangersByAddress
                    .computeIfAbsent(connection.address(), _ -> new LinkedHashSet<>())
                    .add(connection);
        } else {
            callers.putIfAbsent(party.caller(), party);
            known++;
        }
    }

    private void leave(Connection connection) {
        var party = connection.party();
        if (!party.members().remove(connection)) {
            return;
        }
        hold(connection, -connection.counted());
        if (party.areStrangers()) {
            var neighbours = strangersByAddress.get(connection.address());
            if (neighbours != null) {
                neighbours.remove(connection);
                if (neighbours.isEmpty()) {
                    strangersByAddress.remove(connection.address());
                }
            }
        } else {
            known--;
            forgetIfEmpty(party);
        }
    }

    private void hold(Connection connection, long more) {
        connection.counted(connection.counted() + more);
        connection.party().hold(more);
        held += more;
    }

    private void forgetIfEmpty(Party party) {
        if (party.members().isEmpty()) {
            callers.remove(party.caller(), party);
        }
    }

    private void tell(Closing why) {
        if (why != Closing.FULL && why != Closing.SHARE && why != Closing.MEMORY) {
            return;
        }
        closedSinceLine++;
        var now = System.nanoTime();
        if (now - nextLine >= 0) {
            LOG.warnf(
                    "connections closed to make room reason=%s closed=%d known=%d strangers=%d"
                            + " held_bytes=%d",
                    why.label(), closedSinceLine, known, strangers.members().size(), held);
            nextLine = now + LINE_INTERVAL;
            closedSinceLine = 0;
        }
    }

    private LongAdder counter(Closing why) {
        return Objects.requireNonNull(closed.get(why));
    }

    private Rounds roundsOf(Channel channel) {
        return rounds.computeIfAbsent(channel.eventLoop(), Rounds::start);
    }

    /// How long a connection may wait for what, in nanoseconds.
    record Clocks(long head, long stranger, long keepAlive, long unread) {

        static Clocks of(ConnectionConfig config) {
            return new Clocks(
                    config.headTimeout().toNanos(),
                    config.strangerTimeout().toNanos(),
                    config.keepAlive().toNanos(),
                    config.unreadTimeout().toNanos());
        }
    }
}
