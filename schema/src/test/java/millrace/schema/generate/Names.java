package millrace.schema.generate;

import java.util.Locale;
import org.jooq.codegen.DefaultGeneratorStrategy;
import org.jooq.meta.ColumnDefinition;
import org.jooq.meta.Definition;
import org.jooq.meta.TableDefinition;

/** {@code PROJECT_ID} for the column {@code projectId}; {@code FlowTable} and {@code FlowRow} for the table flow. */
public final class Names extends DefaultGeneratorStrategy {
    @Override
    public String getJavaIdentifier(Definition definition) {
        return definition instanceof ColumnDefinition
                ? definition
                        .getOutputName()
                        .replaceAll("([a-z0-9])([A-Z])", "$1_$2")
                        .toUpperCase(Locale.ROOT)
                : super.getJavaIdentifier(definition);
    }

    @Override
    public String getJavaGetterName(Definition definition, Mode mode) {
        return "get" + capitalized(definition);
    }

    @Override
    public String getJavaSetterName(Definition definition, Mode mode) {
        return "set" + capitalized(definition);
    }

    @Override
    public String getJavaMemberName(Definition definition, Mode mode) {
        return definition.getOutputName();
    }

    private static String capitalized(Definition definition) {
        var name = definition.getOutputName();
        return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    }

    @Override
    public String getJavaClassName(Definition definition, Mode mode) {
        if (definition instanceof TableDefinition) {
            var name = super.getJavaClassName(definition, Mode.DEFAULT);
            return name + (mode == Mode.RECORD ? "Row" : "Table");
        }
        return super.getJavaClassName(definition, mode);
    }
}
