/*
 * Measures the time in which libwbxml reads a WBXML document into its tree, and writes that tree as WBXML without string table.
 *
 *   libwbxml-bench FILE RUNS ROUNDS
 *
 * prints one line per round: CPU microseconds per document for reading and for writing. The tree functions are exported by
 * the library but missing in the headers that distributions install; they are declared here (libwbxml 0.11).
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <wbxml/wbxml.h>

typedef struct WBXMLTree_s WBXMLTree;
typedef struct WBXMLEncoder_s WBXMLEncoder;

WBXMLError wbxml_tree_from_wbxml(WB_UTINY *wbxml, WB_ULONG length, WBXMLLanguage language, int charset, WBXMLTree **tree);
void wbxml_tree_destroy(WBXMLTree *tree);
WBXMLEncoder *wbxml_encoder_create_real(void);
void wbxml_encoder_destroy(WBXMLEncoder *encoder);
void wbxml_encoder_set_tree(WBXMLEncoder *encoder, WBXMLTree *tree);
void wbxml_encoder_set_use_strtbl(WBXMLEncoder *encoder, WB_BOOL use);
WBXMLError wbxml_encoder_encode_tree_to_wbxml(WBXMLEncoder *encoder, WB_UTINY **wbxml, WB_ULONG *length);
void wbxml_free(void *memory);

static double microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static WBXMLTree *read_document(WB_UTINY *document, WB_ULONG length) {
  WBXMLTree *tree = NULL;
  if (wbxml_tree_from_wbxml(document, length, WBXML_LANG_UNKNOWN, 0, &tree) != WBXML_OK) {
    fputs("libwbxml does not read the document\n", stderr);
    exit(1);
  }
  return tree;
}

static void write_document(WBXMLTree *tree) {
  WB_UTINY *output = NULL;
  WB_ULONG length = 0;
  WBXMLEncoder *encoder = wbxml_encoder_create_real();
  wbxml_encoder_set_tree(encoder, tree);
  wbxml_encoder_set_use_strtbl(encoder, FALSE);
  if (wbxml_encoder_encode_tree_to_wbxml(encoder, &output, &length) != WBXML_OK) {
    fputs("libwbxml does not write the document\n", stderr);
    exit(1);
  }
  wbxml_free(output);
  wbxml_encoder_destroy(encoder);
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  static WB_UTINY document[1 << 20];
  FILE *file = fopen(arguments[1], "rb");
  if (file == NULL) return 2;
  WB_ULONG length = (WB_ULONG)fread(document, 1, sizeof document, file);
  fclose(file);
  int runs = atoi(arguments[2]);
  int rounds = atoi(arguments[3]);
  for (int round = 0; round < rounds; round++) {
    double start = microseconds();
    for (int i = 0; i < runs; i++) wbxml_tree_destroy(read_document(document, length));
    double between = microseconds();
    WBXMLTree *tree = read_document(document, length);
    double middle = microseconds();
    for (int i = 0; i < runs; i++) write_document(tree);
    double end = microseconds();
    wbxml_tree_destroy(tree);
    printf("%.3f %.3f\n", (between - start) / runs, (end - middle) / runs);
  }
  return 0;
}
