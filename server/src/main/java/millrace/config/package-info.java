/**
 * The operator's settings. Each is declared once, in {@link millrace.config.Catalogue}; validation, masking and
 * docs/configuration.md come from that list. Rooms get one of the small records in {@link millrace.config.Settings},
 * never the environment.
 */
@NullMarked
package millrace.config;

import org.jspecify.annotations.NullMarked;
