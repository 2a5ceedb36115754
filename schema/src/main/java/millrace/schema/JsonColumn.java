package millrace.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.io.StringWriter;
import java.sql.SQLException;
import java.sql.Types;
import org.jooq.BindingGetResultSetContext;
import org.jooq.BindingSQLContext;
import org.jooq.BindingSetStatementContext;
import org.jooq.Converter;
import org.jooq.SQLDialect;
import org.jooq.impl.AbstractBinding;
import org.jooq.impl.AbstractConverter;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** A JSON document as a tree: json or jsonb on PostgreSQL, text on SQLite. SQL NULL is null, JSON null is NullNode. */
abstract class JsonColumn<T> extends AbstractBinding<T, JsonNode> {
    private static final long serialVersionUID = 1;

    /** Keeps the digits of numbers; without limits, because what is stored has passed the door's. */
    private static final JsonMapper MAPPER = JsonMapper.builder(new com.fasterxml.jackson.core.JsonFactoryBuilder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(10_000)
                            .maxNumberLength(Integer.MAX_VALUE)
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    // A flow of 5,000 steps is nested that deep, since each step holds the next.
                    .streamWriteConstraints(StreamWriteConstraints.builder()
                            .maxNestingDepth(10_000)
                            .build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
            .build();

    private final String type;
    private final Converter<T, JsonNode> converter;

    JsonColumn(String type, Class<T> fromType) {
        this.type = type;
        this.converter = new TreeConverter(fromType);
    }

    abstract T wrap(String json);

    abstract String unwrap(T value);

    @Override
    public Converter<T, JsonNode> converter() {
        return converter;
    }

    @Override
    protected void sqlInline(BindingSQLContext<JsonNode> ctx) {
        ctx.render().visit(DSL.inline(text(ctx.value())));
        cast(ctx);
    }

    @Override
    protected void sqlBind(BindingSQLContext<JsonNode> ctx) {
        ctx.render().sql(ctx.variable());
        cast(ctx);
    }

    private void cast(BindingSQLContext<JsonNode> ctx) {
        if (ctx.family() == SQLDialect.POSTGRES) {
            ctx.render().sql("::" + type);
        }
    }

    @Override
    public void set(BindingSetStatementContext<JsonNode> ctx) throws SQLException {
        var json = text(ctx.value());
        if (json == null) {
            ctx.statement().setNull(ctx.index(), Types.VARCHAR);
        } else {
            ctx.statement().setString(ctx.index(), json);
        }
    }

    @Override
    public void get(BindingGetResultSetContext<JsonNode> ctx) throws SQLException {
        ctx.value(tree(ctx.resultSet().getString(ctx.index())));
    }

    private static @Nullable String text(@Nullable JsonNode tree) {
        if (tree == null) {
            return null;
        }
        var text = new StringWriter();
        // Copied, since Jackson would recurse along a document, which may be deeper than a thread's stack.
        try (var out = MAPPER.createGenerator(text);
                var parser = tree.traverse()) {
            parser.nextToken();
            out.copyCurrentStructure(parser);
            out.flush();
            return StorableText.storeJson(text.toString());
        } catch (IOException e) {
            throw new IllegalStateException("a JSON tree could not be written", e);
        }
    }

    private static @Nullable JsonNode tree(@Nullable String stored) {
        if (stored == null) {
            return null;
        }
        try {
            return MAPPER.readTree(StorableText.loadJson(stored));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a stored JSON document could not be read", e);
        }
    }

    private final class TreeConverter extends AbstractConverter<T, JsonNode> {
        private static final long serialVersionUID = 1;

        TreeConverter(Class<T> fromType) {
            super(fromType, JsonNode.class);
        }

        @Override
        public @Nullable JsonNode from(@Nullable T value) {
            return value == null ? null : tree(unwrap(value));
        }

        @Override
        public @Nullable T to(@Nullable JsonNode tree) {
            var json = text(tree);
            return json == null ? null : wrap(json);
        }
    }
}
