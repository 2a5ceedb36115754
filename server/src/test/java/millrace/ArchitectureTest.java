package millrace;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.File;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;

/** The directions of the house (docs/architecture.md) and where clocks, chance and SQL may stand. */
@AnalyzeClasses(packages = "millrace", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
    private static final String ROOT = "millrace";
    private static final String CLI = "millrace.cli";

    /** The packages of the module engine: values in, values out. */
    private static final String[] PURE = {
        "millrace.engine..", "millrace.definition..", "millrace.expression..", "millrace.nativepiece.."
    };

    /** Streams over bytes in memory and exceptions are values too. */
    private static final DescribedPredicate<JavaClass> FILES = describe(
            "files",
            type -> type.getPackageName().startsWith("java.nio.file")
                    || type.getPackageName().equals("java.nio.channels")
                    || type.isEquivalentTo(File.class)
                    || type.getName().startsWith("java.io.File")
                    || type.getName().startsWith("java.io.RandomAccess"));

    private static final DescribedPredicate<JavaClass> SOCKETS = describe(
            "sockets",
            type -> type.getPackageName().startsWith("java.net")
                    && !Set.of(
                                    URI.class.getName(),
                                    URISyntaxException.class.getName(),
                                    "java.net.URLDecoder",
                                    "java.net.URLEncoder",
                                    "java.net.IDN")
                            .contains(type.getName()));

    /** Each package is a room, but those of the module engine, which share its first values, are one. */
    private static final SliceAssignment ROOMS = new SliceAssignment() {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            if (resideInAnyPackage(PURE).test(type)) {
                return SliceIdentifier.of("engine");
            }
            var parts = type.getPackageName().split("\\.");
            return parts.length > 1 && parts[0].equals(ROOT) ? SliceIdentifier.of(parts[1]) : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
            return "rooms";
        }
    };

    @ArchTest
    static final ArchRule rooms_have_no_cycles =
            slices().assignedFrom(ROOMS).should().beFreeOfCycles();

    @ArchTest
    static final ArchRule only_the_command_line_knows_the_composition_root = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT, CLI)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ROOT);

    @ArchTest
    static final ArchRule nobody_knows_the_command_line = noClasses()
            .that()
            .resideOutsideOfPackage(CLI)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(CLI);

    @ArchTest
    static final ArchRule config_knows_no_room = knowsOnly("config");

    @ArchTest
    static final ArchRule access_knows_only_the_engine = knowsOnly("access", "engine");

    @ArchTest
    static final ArchRule database_knows_only_config_schema_and_scopes =
            knowsOnly("database", "config", "schema", "access", "engine");

    @ArchTest
    static final ArchRule http_knows_no_room = knowsOnly("http", "access", "config", "engine");

    @ArchTest
    static final ArchRule engine_knows_nothing_of_the_server = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat(resideInAPackage("millrace..").and(not(resideInAnyPackage(PURE))));

    @ArchTest
    static final ArchRule pieces_know_only_the_engine = noClasses()
            .that()
            .resideInAPackage("millrace.pieces..")
            .should()
            .dependOnClassesThat(resideInAPackage("millrace..")
                    .and(not(resideInAnyPackage(PURE)))
                    .and(not(resideInAPackage("millrace.pieces.."))));

    @ArchTest
    static final ArchRule engine_does_no_input_and_output = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat(FILES.or(SOCKETS)
                    .or(resideInAnyPackage("java.sql..", "org.slf4j.."))
                    .or(describe(
                            "threads",
                            type -> type.isAssignableTo(Thread.class) || type.isAssignableTo(Executor.class))));

    @ArchTest
    static final ArchRule rooms_are_flat = classes()
            .that()
            .resideOutsideOfPackage("millrace.schema..")
            .should()
            .resideInAnyPackage(ROOT, "millrace.*");

    @ArchTest
    static final ArchRule only_the_composition_root_reads_the_clock = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT, CLI)
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(InstantSource.class, "system")
            .orShould()
            .callMethod(Clock.class, "systemUTC")
            .orShould()
            .callMethod(Clock.class, "systemDefaultZone");

    @ArchTest
    static final ArchRule only_the_composition_root_makes_chance = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT)
            .should()
            .callMethod(UUID.class, "randomUUID")
            .orShould()
            .callConstructor(Random.class)
            .orShould()
            .callMethod(Math.class, "random");

    @ArchTest
    static final ArchRule nobody_hides_parameters_in_threads =
            noClasses().should().dependOnClassesThat().areAssignableTo(ThreadLocal.class);

    @ArchTest
    static final ArchRule only_stores_speak_sql = noClasses()
            .that(not(resideInAnyPackage("millrace.database..", "millrace.schema..")))
            .and(not(describe("stores", type -> outermost(type).getSimpleName().endsWith("Store"))))
            .should()
            .dependOnClassesThat(resideInAnyPackage("org.jooq..", "java.sql.."));

    private static ArchRule knowsOnly(String room, String... others) {
        var allowed = new String[others.length + 1];
        allowed[0] = "millrace." + room + "..";
        for (var i = 0; i < others.length; i++) {
            allowed[i + 1] = "millrace." + others[i] + "..";
        }
        return noClasses()
                .that()
                .resideInAPackage("millrace." + room + "..")
                .should()
                .dependOnClassesThat(resideInAPackage("millrace..").and(not(resideInAnyPackage(allowed))))
                .allowEmptyShould(true);
    }

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type);
    }
}
