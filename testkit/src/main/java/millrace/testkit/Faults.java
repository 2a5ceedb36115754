package millrace.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What breaks under a torture. Faults are dealt like cards: each comes up before any comes again, in an order that the
 * seed decides.
 */
final class Faults {
    private static final long PAUSE_NANOS = 10_000_000;
    private static final int FARTHEST_JUMP_MILLIS = 3_600_000;

    private final Site site;
    private final SplittableRandom random;
    private final List<Fault> deck = new ArrayList<>();
    private int kills;
    private int faults;

    /**
     * What can be broken.
     *
     * @param directory keeps the list of the faults that came
     * @param proxies the way of each server to PostgreSQL; empty on SQLite
     * @param disk where the SQLite file lies; null on PostgreSQL, and where this process may not mount one
     * @param lease of the servers
     * @param without what the protocol lacks
     * @param options by which servers lack it
     */
    record Site(
            Path directory,
            List<ServerProcess> servers,
            List<TcpProxy> proxies,
            @Nullable RestartablePostgres postgres,
            @Nullable SmallDisk disk,
            EffectLog effects,
            Duration lease,
            TorturedSurroundings.@Nullable Part without,
            String options) {
        Site {
            servers = List.copyOf(servers);
            proxies = List.copyOf(proxies);
        }

        private boolean has(Fault fault) {
            return switch (fault.needs) {
                case NOTHING -> true;
                case POSTGRES -> postgres != null;
                case SQLITE -> postgres == null;
                case DISK -> disk != null;
            };
        }
    }

    private enum Needs {
        NOTHING,
        POSTGRES,
        SQLITE,
        DISK
    }

    private enum Fault {
        KILL(Needs.NOTHING),
        KILL_AND_WAIT_FOR_THE_START(Needs.NOTHING),
        KILL_WHILE_IT_STARTS(Needs.NOTHING),
        FREEZE_SHORTLY(Needs.NOTHING),
        MOVE_THE_CLOCK(Needs.NOTHING),
        /** The zombie: it passes its barrier, is declared dead, and wakes to send what it was about to send. */
        STOP_BEFORE_SENDING(Needs.POSTGRES),
        STOP_BEFORE_SENDING_ALONE(Needs.SQLITE),
        /** The zombie again: it wakes to write what its successor has written. */
        STOP_BEFORE_STORING(Needs.POSTGRES),
        /** It wakes while the process that took its runs over makes their calls again. */
        FREEZE_UNTIL_TAKEN_OVER(Needs.POSTGRES),
        KILL_BOTH(Needs.POSTGRES),
        RESTART_THE_DATABASE(Needs.POSTGRES),
        RESTART_THE_DATABASE_DURING_TAKEOVER(Needs.POSTGRES),
        CUT(Needs.POSTGRES),
        SILENCE(Needs.POSTGRES),
        SILENCE_AND_KILL(Needs.POSTGRES),
        FILL_THE_DISK(Needs.DISK),
        FILL_THE_DISK_AND_KILL(Needs.DISK);

        private final Needs needs;

        Fault(Needs needs) {
            this.needs = needs;
        }
    }

    Faults(Site site, SplittableRandom random) {
        this.site = site;
        this.random = random;
    }

    int kills() {
        return kills;
    }

    /** The next fault comes, and mostly goes. */
    void next() {
        if (deck.isEmpty()) {
            Arrays.stream(Fault.values()).filter(site::has).forEach(deck::add);
        }
        // What shows that the epochs are missing comes first.
        var telling = faults++ == 0 && site.without() == TorturedSurroundings.Part.EPOCH
                ? deck.indexOf(Fault.STOP_BEFORE_STORING)
                : -1;
        var fault = deck.remove(telling < 0 ? random.nextInt(deck.size()) : telling);
        var which = random.nextInt(site.servers().size());
        var server = site.servers().get(which);
        note(fault + " at server " + which);
        switch (fault) {
            case KILL -> {
                kill(server);
                launch(server, "");
            }
            case KILL_AND_WAIT_FOR_THE_START -> {
                kill(server);
                launch(server, "");
                awaitServing(server);
            }
            case KILL_WHILE_IT_STARTS -> {
                kill(server);
                launch(server, "");
                rest(random.nextInt(100, 1_500));
                kill(server);
                launch(server, "");
            }
            case FREEZE_SHORTLY -> {
                server.freeze();
                rest(upToLeases(0.5));
                server.wake();
            }
            case MOVE_THE_CLOCK -> moveClock(server);
            case STOP_BEFORE_SENDING, STOP_BEFORE_STORING -> {
                if (stopped(server, fault == Fault.STOP_BEFORE_STORING ? "Store" : "Send")) {
                    awaitDeclaredDead(server);
                    // Without a part of the protocol, the successor is given the time to show it.
                    rest(
                            site.without() == null
                                    ? upToLeases(0.5)
                                    : 2 * site.lease().toMillis());
                    server.wake();
                }
            }
            case STOP_BEFORE_SENDING_ALONE -> {
                if (stopped(server, "Send")) {
                    if (random.nextBoolean()) {
                        server.wake();
                    } else {
                        kill(server);
                        launch(server, "");
                    }
                }
            }
            case FREEZE_UNTIL_TAKEN_OVER -> freezeUntilTakenOver(server);
            case KILL_BOTH -> {
                site.servers().forEach(this::kill);
                site.servers().forEach(each -> launch(each, ""));
            }
            case RESTART_THE_DATABASE -> postgres().restart();
            case RESTART_THE_DATABASE_DURING_TAKEOVER -> {
                kill(server);
                rest(site.lease().toMillis() + random.nextInt(-200, 800));
                postgres().restart();
                launch(server, "");
            }
            case CUT -> site.proxies().get(which).cut();
            case SILENCE -> {
                site.proxies().get(which).silence();
                rest(upToLeases(1.5));
                site.proxies().get(which).speak();
            }
            case SILENCE_AND_KILL -> {
                site.proxies().get(which).silence();
                rest(random.nextInt(200, 1_000));
                kill(server);
                site.proxies().get(which).cut();
                site.proxies().get(which).speak();
                launch(server, "");
            }
            case FILL_THE_DISK -> {
                disk().fill();
                rest(random.nextInt(300, 1_500));
                disk().clear();
            }
            case FILL_THE_DISK_AND_KILL -> {
                disk().fill();
                rest(random.nextInt(50, 500));
                kill(server);
                disk().clear();
                launch(server, "");
            }
        }
    }

    /** A server that could not start while its database was away is started again, as whoever watches over it would. */
    void revive() {
        for (var server : site.servers()) {
            if (!server.alive()) {
                note("a server ended by itself and is started again");
                launch(server, "");
            } else if (server.frozen()) {
                // It has stopped itself later than anybody waited for.
                server.wake();
            }
        }
    }

    /** All servers serve, on time. */
    void end() {
        note("the faults end");
        for (var server : site.servers()) {
            write(clockOf(server), "");
            while (!awaitServing(server)) {
                revive();
            }
        }
    }

    private boolean stopped(ServerProcess server, String before) {
        kill(server);
        launch(server, "-Dtorture.stopBefore" + before + "=" + random.nextInt(1, 20));
        // It may stop before it serves: it goes on with the runs of its life before.
        var deadline = System.nanoTime() + Client.DEADLINE.toNanos();
        while (server.alive() && !server.frozen() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        return server.frozen();
    }

    /** Its runs are free, and soon its successor makes their calls. */
    private void awaitDeclaredDead(ServerProcess server) {
        var alive = "SELECT count(*) FROM process WHERE name = 'pid " + server.pid() + "'";
        var deadline = System.nanoTime() + site.lease().multipliedBy(4).toNanos();
        while (postgres().count(alive) > 0 && System.nanoTime() < deadline) {
            rest(20);
        }
    }

    private void freezeUntilTakenOver(ServerProcess server) {
        var repeated = site.effects().repeated();
        server.freeze();
        var deadline = System.nanoTime() + site.lease().multipliedBy(2).toNanos();
        while (site.effects().repeated() == repeated && System.nanoTime() < deadline) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        server.wake();
    }

    private void moveClock(ServerProcess server) {
        var file = clockOf(server);
        write(file, Integer.toString(random.nextInt(-FARTHEST_JUMP_MILLIS, FARTHEST_JUMP_MILLIS)));
    }

    static Path clockOf(ServerProcess server) {
        return clockIn(server.directory());
    }

    private static Path clockIn(Path directory) {
        return directory.resolveSibling(directory.getFileName() + ".clock");
    }

    /** What the environment of a server has for faults inside it. */
    static String options(Path directory, String options) {
        return "-Dtorture.clock=" + clockIn(directory) + " " + options;
    }

    private void kill(ServerProcess server) {
        server.kill();
        kills++;
    }

    private void launch(ServerProcess server, String more) {
        server.launch(TorturedSurroundings.environment(options(server.directory(), site.options() + " " + more)));
    }

    /** False when it ended instead. */
    private static boolean awaitServing(ServerProcess server) {
        try {
            server.awaitServing();
            return true;
        } catch (AssertionError ended) {
            if (server.alive()) {
                throw ended;
            }
            return false;
        }
    }

    private RestartablePostgres postgres() {
        return Objects.requireNonNull(site.postgres());
    }

    private SmallDisk disk() {
        return Objects.requireNonNull(site.disk());
    }

    private long upToLeases(double most) {
        return random.nextLong((long) (site.lease().toMillis() * most));
    }

    private static void rest(long millis) {
        LockSupport.parkNanos(Duration.ofMillis(millis).toNanos());
    }

    private void note(String fault) {
        write(
                site.directory().resolve("faults"),
                LocalTime.now() + " " + fault + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    private static void write(Path file, String text, StandardOpenOption... options) {
        try {
            Files.writeString(file, text, options);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
