package millrace.database;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;

/** Starts each kind of database once a test JVM and makes one database of it for each test class. */
final class DatabaseExtension implements TestTemplateInvocationContextProvider {
    private static final Namespace SPACE = Namespace.create(DatabaseExtension.class);

    /** Then what is above the database is tested on PostgreSQL 14 too. */
    private static final boolean NIGHTLY = Boolean.getBoolean("millrace.nightly");

    /** For the life of the JVM: a JVM beside another gets its classes one by one, each as a run of its own. */
    private static final Map<DatabaseKind, TestDatabases> STARTED = new ConcurrentHashMap<>();

    private static TestDatabases start(DatabaseKind kind) {
        var databases = TestDatabases.start(kind);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                databases.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }));
        return databases;
    }

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return true;
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(ExtensionContext context) {
        var chosen = Arrays.asList(System.getProperty("millrace.databases", "SQLITE,POSTGRES_14,POSTGRES_NEWEST")
                .split(","));
        var ofStores = context.getRequiredTestClass().getPackage().equals(DatabaseExtension.class.getPackage());
        return Stream.of(DatabaseKind.values())
                .filter(kind -> chosen.contains(kind.name()))
                .filter(kind -> ofStores || NIGHTLY || kind != DatabaseKind.POSTGRES_14)
                .map(Invocation::new);
    }

    private record Invocation(DatabaseKind kind) implements TestTemplateInvocationContext, ParameterResolver {
        @Override
        public String getDisplayName(int index) {
            return kind.name();
        }

        @Override
        public List<Extension> getAdditionalExtensions() {
            return List.of(this);
        }

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return List.of(Database.class, DatabaseKind.class, TestDatabases.class)
                    .contains(parameter.getParameter().getType());
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            var type = parameter.getParameter().getType();
            if (type == DatabaseKind.class) {
                return kind;
            }
            return type == TestDatabases.class ? databases() : ofClass(context);
        }

        private TestDatabases databases() {
            return STARTED.computeIfAbsent(kind, DatabaseExtension::start);
        }

        private Database ofClass(ExtensionContext context) {
            var classContext = context.getParent().orElseThrow();
            var store = classContext.getStore(Namespace.create(SPACE, context.getRequiredTestClass()));
            return store.getOrComputeIfAbsent(
                    kind, ignored -> Database.open(databases().migrated()), Database.class);
        }
    }
}
