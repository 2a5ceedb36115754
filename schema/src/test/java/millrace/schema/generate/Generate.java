package millrace.schema.generate;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jooq.codegen.GenerationTool;
import org.jooq.meta.jaxb.Configuration;
import org.jooq.meta.jaxb.Database;
import org.jooq.meta.jaxb.ForcedType;
import org.jooq.meta.jaxb.Generator;
import org.jooq.meta.jaxb.Jdbc;
import org.jooq.meta.jaxb.Logging;
import org.jooq.meta.jaxb.Strategy;
import org.jooq.meta.jaxb.Target;

/**
 * Applies all change sets to an embedded PostgreSQL 14 and generates the jOOQ classes from it. Does nothing when
 * neither the change sets nor this program have changed.
 *
 * <p>Arguments: the module's folder, the folder for the generated sources.
 */
public final class Generate {
    private static final String CHANGE_SETS = "src/main/resources/millrace/schema";
    private static final String PROGRAM = "src/test/java/millrace/schema/generate";

    private Generate() {}

    public static void main(String[] args) throws Exception {
        var module = Path.of(args[0]);
        var target = Path.of(args[1]);
        var stamp = target.resolve("generated.sha256");
        var hash = hash(module);
        if (!Files.exists(stamp) || !Files.readString(stamp).equals(hash)) {
            generate(module.resolve(CHANGE_SETS), target);
            Files.writeString(stamp, hash);
        }
        Files.setLastModifiedTime(stamp, java.nio.file.attribute.FileTime.fromMillis(System.currentTimeMillis()));
    }

    private static String hash(Path module) throws Exception {
        var digest = MessageDigest.getInstance("SHA-256");
        digest.update(
                Objects.requireNonNullElse(org.jooq.Constants.FULL_VERSION, "").getBytes(StandardCharsets.UTF_8));
        for (var root : List.of(CHANGE_SETS, PROGRAM)) {
            try (var files = Files.walk(module.resolve(root))) {
                for (var file : files.filter(Files::isRegularFile).sorted().toList()) {
                    digest.update(module.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
                    digest.update(Files.readAllBytes(file));
                }
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void generate(Path changeSets, Path target) throws Exception {
        // Only what the build needs of it; nothing here is kept.
        try (var postgres = EmbeddedPostgres.builder()
                .setServerConfig("fsync", "off")
                .setServerConfig("synchronous_commit", "off")
                .start()) {
            migrate(postgres, changeSets);
            var tool = new GenerationTool();
            // The class as compiled from this source, not one of an earlier build on the class path.
            tool.setClassLoader(Names.class.getClassLoader());
            tool.run(configuration(postgres.getJdbcUrl("postgres", "postgres"), target));
        }
    }

    private static void migrate(EmbeddedPostgres postgres, Path changeSets) throws Exception {
        try (var connection = postgres.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            for (var id : Files.readAllLines(changeSets.resolve("changesets"))) {
                var variant = changeSets.resolve(id).resolve("up.postgresql.sql");
                var file =
                        Files.exists(variant) ? variant : changeSets.resolve(id).resolve("up.sql");
                try {
                    statement.execute(Files.readString(file));
                } catch (SQLException e) {
                    throw new IllegalStateException(file + ": " + e.getMessage(), e);
                }
            }
        }
    }

    private static Configuration configuration(String url, Path target) {
        var database = new Database()
                .withInputSchema("public")
                .withOutputSchemaToDefault(true)
                .withIncludeIndexes(false)
                .withIncludeRoutines(false)
                .withIncludeSequences(false)
                .withForcedTypes(
                        new ForcedType()
                                .withUserType("java.time.Instant")
                                .withBinding("millrace.schema.InstantBinding")
                                .withIncludeTypes("timestamp(\\(\\d\\))? with time zone|timestamptz"),
                        new ForcedType()
                                .withUserType("com.fasterxml.jackson.databind.JsonNode")
                                .withBinding("millrace.schema.JsonBinding")
                                .withIncludeTypes("json"),
                        new ForcedType()
                                .withUserType("com.fasterxml.jackson.databind.JsonNode")
                                .withBinding("millrace.schema.JsonbBinding")
                                .withIncludeTypes("jsonb"),
                        new ForcedType()
                                .withUserType("java.util.List<java.lang.String>")
                                .withBinding("millrace.schema.TextListBinding")
                                .withIncludeTypes("_varchar|varchar\\[\\]|ARRAY"),
                        new ForcedType().withName("INTEGER").withIncludeTypes("smallint|int2"),
                        // Ids too: stored ones never hold NUL, but what is looked up may.
                        new ForcedType()
                                .withUserType("java.lang.String")
                                .withConverter("millrace.schema.TextConverter")
                                .withIncludeTypes("(character varying|varchar|text)(\\(.*\\))?"));
        return new Configuration()
                .withLogging(Logging.WARN)
                .withJdbc(new Jdbc().withDriver("org.postgresql.Driver").withUrl(url))
                .withGenerator(new Generator()
                        .withDatabase(database)
                        .withStrategy(new Strategy().withName(Names.class.getName()))
                        .withGenerate(new org.jooq.meta.jaxb.Generate()
                                .withGeneratedAnnotation(false)
                                .withComments(false)
                                .withFluentSetters(true)
                                .withIndexes(false)
                                .withImplicitJoinPathsToMany(false)
                                .withImplicitJoinPathsToOne(false))
                        .withTarget(
                                new Target().withPackageName("millrace.schema").withDirectory(target.toString())));
    }
}
