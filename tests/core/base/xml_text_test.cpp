#include <gtest/gtest.h>
#include <iso/base/xml_text.h>

TEST(XmlText, NamesCharactersWithAMeaningAndKeepsToOneLine) {
  EXPECT_EQ(iso::escape_xml("a < b && \"c\" > 'd'"), "a &lt; b &amp;&amp; &quot;c&quot; &gt; &apos;d&apos;");
  EXPECT_EQ(iso::escape_xml("one\ntwo\tthree\x01\x1f"), "one&#10;two&#9;three");
  EXPECT_EQ(iso::escape_xml("\u00b5m \u03bc"), "\u00b5m \u03bc") << "UTF-8 is left as it is";
}
