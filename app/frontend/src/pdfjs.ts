// The pdf.js library, loaded when a document is opened. Its viewer part reads the library from the global object, so it comes second.
export * as library from "pdfjs-dist/legacy/build/pdf.mjs";
export * as parts from "pdfjs-dist/legacy/web/pdf_viewer.mjs";
