import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { renderToStaticMarkup } from "react-dom/server";
import { beforeAll, expect, it } from "vitest";
import { SourceStatus } from "./citation-button";

beforeAll(() => i18n.loadAndActivate({ locale: "en", messages: {} }));

const html = (reason: string) =>
  renderToStaticMarkup(
    <I18nProvider i18n={i18n}>
      <SourceStatus status="unverified" reason={reason} />
    </I18nProvider>,
  );

it("says of a citation why it is not verified", () => {
  expect(html("document_deleted")).toContain("The document has been deleted since");
  expect(html("quote_not_found")).toContain("are not in this document");
  expect(html("not_supported")).toContain("does not say this");
});
