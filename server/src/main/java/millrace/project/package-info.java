/** Platforms, projects, their members and roles: who owns what, and who may see which project. */
@NullMarked
package millrace.project;

import org.jspecify.annotations.NullMarked;
