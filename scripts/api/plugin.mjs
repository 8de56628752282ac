// What TypeDoc does not do by itself.
import { Converter } from "typedoc";

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const { comment } of Object.values(project.reflections)) {
      for (const tag of comment?.blockTags ?? []) if (tag.tag === "@throws") tellClass(tag);
    }
  });
  // Where a member comes from is found by its name, and wrong where types are mapped.
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const reflection of Object.values(project.reflections)) {
      delete reflection.inheritedFrom;
      delete reflection.overwrites;
    }
  });
}

/** Puts the class of `@throws {Class} when` before the text. */
function tellClass(tag) {
  const [, name] = tag.typeAnnotation?.match(/^\{(.+)\}$/) ?? [];
  if (name === undefined) return;
  tag.content.unshift({ kind: "code", text: `\`${name}\`` }, { kind: "text", text: " " });
}
