using System.Globalization;
using System.Text;
using System.Xml;

namespace Stress.Observability.Ci;

/// <summary>
/// JUnit's XML as CI servers read it (there is no standard; the shape is that of the Jenkins xUnit plug-in's junit-10.xsd): testsuites, a testsuite with
/// properties and test cases, a case with at most one failure or error, then its output.
/// </summary>
public static class JUnitFormat
{
    /// <summary>Writes the file's text.</summary>
    public static void Write(CheckReport report, TextWriter to)
    {
        using XmlWriter xml = XmlWriter.Create(to, new XmlWriterSettings { Indent = true, Encoding = Encoding.UTF8, CheckCharacters = false });
        xml.WriteStartDocument();
        xml.WriteStartElement("testsuites");
        xml.WriteAttributeString("name", Clean(report.Name));
        Counts(xml, report.Cases, report.WallSeconds);
        int id = 0;
        foreach (IGrouping<string, CheckCase> suite in report.Cases.GroupBy(c => c.Suite))
        {
            xml.WriteStartElement("testsuite");
            xml.WriteAttributeString("name", Clean(suite.Key));
            xml.WriteAttributeString("id", (id++).ToString(CultureInfo.InvariantCulture));
            Counts(xml, [.. suite], id == 1 ? report.WallSeconds : 0);
            xml.WriteAttributeString("timestamp", report.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
            xml.WriteStartElement("properties");
            foreach ((string name, string value) in report.Properties)
            {
                xml.WriteStartElement("property");
                xml.WriteAttributeString("name", name);
                xml.WriteAttributeString("value", Clean(value));
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
            foreach (CheckCase c in suite)
            {
                Write(xml, c);
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteEndDocument();
    }

    private static void Counts(XmlWriter xml, IReadOnlyList<CheckCase> cases, double seconds)
    {
        xml.WriteAttributeString("tests", cases.Count.ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("failures", cases.Count(c => c.Outcome == CheckOutcome.Failed).ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("errors", cases.Count(c => c.Outcome is CheckOutcome.Error or CheckOutcome.NotDecided).ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("time", seconds.ToString("0.000", CultureInfo.InvariantCulture));
    }

    private static void Write(XmlWriter xml, CheckCase c)
    {
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("name", Clean(c.Name));
        xml.WriteAttributeString("classname", Clean($"{c.Suite}.{c.Kind}"));
        xml.WriteAttributeString("time", "0");
        if (c.Outcome != CheckOutcome.Passed)
        {
            xml.WriteStartElement(c.Outcome == CheckOutcome.Failed ? "failure" : "error");
            xml.WriteAttributeString("message", Clean(c.Message));
            xml.WriteAttributeString("type", c.Outcome == CheckOutcome.NotDecided ? "not decided" : c.Kind);
            xml.WriteString(Clean(string.Join('\n', [Where(c) + c.Message, .. c.Detail])));
            xml.WriteEndElement();
        }
        else
        {
            xml.WriteElementString("system-out", Clean(string.Join('\n', [c.Message, .. c.Detail])));
        }

        xml.WriteEndElement();
    }

    private static string Where(CheckCase c) => c.Line > 0 ? $"{c.File}:{c.Line}: " : $"{c.File}: ";

    // XML 1.0 has no way to write most control characters.
    private static string Clean(string text) => string.Concat(text.Select(c => XmlConvert.IsXmlChar(c) || char.IsSurrogate(c) ? c : '\uFFFD'));
}
