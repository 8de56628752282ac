// TypeDoc leaves out the class in `@throws {Class} when`: this puts it back, before the text.
import { Converter } from "typedoc";

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const { comment } of Object.values(project.reflections)) {
      for (const tag of comment?.blockTags ?? []) {
        const [, name] = tag.typeAnnotation?.match(/^\{(.+)\}$/) ?? [];
        if (tag.tag !== "@throws" || name === undefined) continue;
        tag.content.unshift({ kind: "code", text: `\`${name}\`` }, { kind: "text", text: " " });
      }
    }
  });
}
