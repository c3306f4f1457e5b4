using System.Text;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;
using NJsonSchema;
using Stress.Observability.Ci;
using Stress.Observability.Tests.Html;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Observability.Tests.Ci;

public sealed class CheckFormatTests
{
    // The shape that CI servers read: what each element may hold, and which attributes it must have.
    private const string JUnitShape = """
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
          <xs:complexType name="outcome"><xs:simpleContent><xs:extension base="xs:string">
            <xs:attribute name="message" type="xs:string"/><xs:attribute name="type" type="xs:string" use="required"/>
          </xs:extension></xs:simpleContent></xs:complexType>
          <xs:attributeGroup name="counts">
            <xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/><xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
            <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required"/><xs:attribute name="time" type="xs:decimal" use="required"/>
          </xs:attributeGroup>
          <xs:element name="testsuites"><xs:complexType>
            <xs:sequence><xs:element ref="testsuite" maxOccurs="unbounded"/></xs:sequence>
            <xs:attribute name="name" type="xs:string"/><xs:attributeGroup ref="counts"/>
          </xs:complexType></xs:element>
          <xs:element name="testsuite"><xs:complexType>
            <xs:sequence>
              <xs:element name="properties"><xs:complexType><xs:sequence>
                <xs:element name="property" maxOccurs="unbounded"><xs:complexType>
                  <xs:attribute name="name" type="xs:string" use="required"/><xs:attribute name="value" type="xs:string" use="required"/>
                </xs:complexType></xs:element>
              </xs:sequence></xs:complexType></xs:element>
              <xs:element name="testcase" maxOccurs="unbounded"><xs:complexType>
                <xs:choice minOccurs="0">
                  <xs:element name="failure" type="outcome"/><xs:element name="error" type="outcome"/><xs:element name="system-out" type="xs:string"/>
                </xs:choice>
                <xs:attribute name="name" type="xs:string" use="required"/><xs:attribute name="classname" type="xs:string" use="required"/>
                <xs:attribute name="time" type="xs:decimal"/>
              </xs:complexType></xs:element>
            </xs:sequence>
            <xs:attribute name="name" type="xs:string" use="required"/><xs:attribute name="id" type="xs:string"/>
            <xs:attribute name="timestamp" type="xs:dateTime" use="required"/><xs:attributeGroup ref="counts"/>
          </xs:complexType></xs:element>
        </xs:schema>
        """;

    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Junit_has_the_shape_that_servers_read_and_its_counts_are_those_of_its_cases()
    {
        foreach (CheckReport report in Reports())
        {
            XDocument xml = JUnit(report);
            var schemas = new XmlSchemaSet();
            schemas.Add(null, XmlReader.Create(new StringReader(JUnitShape)));
            xml.Validate(schemas, (_, problem) => Assert.Fail(problem.Message));
            XElement suite = xml.Root!.Elements("testsuite").Single();
            Assert.Equal(report.Cases.Count, (int)suite.Attribute("tests")!);
            Assert.Equal(suite.Descendants("failure").Count(), (int)suite.Attribute("failures")!);
            Assert.Equal(suite.Descendants("error").Count(), (int)suite.Attribute("errors")!);
        }
    }

    [Fact]
    public async Task Sarif_is_valid_by_the_schema_of_2_1_0()
    {
        JsonSchema schema = await JsonSchema.FromFileAsync(Repository.At("tests", "Stress.Observability.Tests", "Ci", "sarif-2.1.0-rtm.5.json"));
        foreach (CheckReport report in Reports())
        {
            var buffer = new MemoryStream();
            SarifFormat.Write(report, buffer);
            string text = Encoding.UTF8.GetString(buffer.ToArray());
            Assert.Equal("", string.Join('\n', schema.Validate(text)));

            // A schema that lets everything pass would pass this too.
            Assert.NotEmpty(schema.Validate(text.Replace("\"runs\"", "\"run\"", StringComparison.Ordinal)));
            Assert.NotEmpty(schema.Validate(text.Replace("\"executionSuccessful\"", "\"executionSuccess\"", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Sarif_says_every_finding_once_and_every_result_names_its_rule_and_place()
    {
        foreach (CheckReport report in Reports())
        {
            var buffer = new MemoryStream();
            SarifFormat.Write(report, buffer);
            using JsonDocument document = JsonDocument.Parse(buffer.ToArray());
            JsonElement log = document.RootElement;
            Assert.Equal("2.1.0", log.GetProperty("version").GetString());
            JsonElement run = log.GetProperty("runs").EnumerateArray().Single();
            JsonElement driver = run.GetProperty("tool").GetProperty("driver");
            Assert.Equal("stress", driver.GetProperty("name").GetString());
            JsonElement[] rules = [.. driver.GetProperty("rules").EnumerateArray()];
            Assert.Equal(rules.Length, rules.Select(rule => rule.GetProperty("id").GetString()).Distinct().Count());
            Assert.Equal(report.Cases.All(c => c.Outcome != CheckOutcome.Error), run.GetProperty("invocations")[0].GetProperty("executionSuccessful").GetBoolean());
            JsonElement[] results = [.. run.GetProperty("results").EnumerateArray()];
            Assert.Equal(report.Cases.Count(c => c.IsFinding), results.Length);
            foreach (JsonElement result in results)
            {
                Assert.NotEqual("", result.GetProperty("message").GetProperty("text").GetString());
                Assert.Equal(result.GetProperty("ruleId").GetString(), rules[result.GetProperty("ruleIndex").GetInt32()].GetProperty("id").GetString());
                Assert.Contains(result.GetProperty("level").GetString(), new[] { "note", "error" });
                JsonElement place = result.GetProperty("locations")[0].GetProperty("physicalLocation");
                Assert.True(Uri.IsWellFormedUriString(place.GetProperty("artifactLocation").GetProperty("uri").GetString(), UriKind.RelativeOrAbsolute));
                Assert.True(place.GetProperty("region").GetProperty("startLine").GetInt32() >= 1);
            }
        }
    }

    [Fact]
    public void Files_of_a_run_of_real_kernels_say_which_they_were_by_key_and_configuration_and_of_what_packages_their_system_is()
    {
        var kernel = new RealKernel("mine", "abcd", "6.12.1", "/src", "c0ffee", "KASAN", ["fault tun-socket-hold"]);
        RunReport run = SampleReports.Seed() with { Kernels = new RealKernels("uml", kernel, kernel with { Name = "theirs" }, "tun-socket-hold", "f00d", ["ppp 2.4.9 1234", "frr 8.4 5678"], [], "") };
        CheckReport report = CheckCases.Of(run, [], null, At);
        using var sarif = new MemoryStream();
        SarifFormat.Write(report, sarif);

        Dictionary<string, string> junit = JUnit(report).Descendants("property").ToDictionary(p => (string)p.Attribute("name")!, p => (string)p.Attribute("value")!);
        JsonElement bag = JsonDocument.Parse(sarif.ToArray()).RootElement.GetProperty("runs")[0].GetProperty("properties");

        Assert.Equal("mine, Linux 6.12.1, key abcd, config sha256 c0ffee, checks KASAN, with fault tun-socket-hold", junit["called kernel"]);
        Assert.StartsWith("theirs, ", junit["calling kernel"]);
        Assert.Equal("tun-socket-hold", junit["fault"]);
        Assert.Equal("ppp 2.4.9 1234; frr 8.4 5678", junit["guest packages"]);
        Assert.All(junit, property => Assert.Equal(property.Value, bag.GetProperty(property.Key).GetString()));
    }

    [Fact]
    public void Github_gets_one_line_a_finding_whatever_the_text_holds()
    {
        CheckReport report = CheckCases.Of(SampleReports.Interrupted(), [], "site 3, event 7:\nmixed, 100 %", At);
        var text = new StringWriter();
        GitHubFormat.Write(report, text);

        string[] lines = text.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.Equal(report.Cases.Count(c => c.IsFinding), lines.Length);
        Assert.All(lines, line => Assert.Matches("^::(error|notice) file=[^,:]+(,line=[0-9]+)?,title=[^,:]+::", line));
        Assert.Contains(lines, line => line.EndsWith("site 3, event 7:%0Amixed, 100 %25", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("line=41", StringComparison.Ordinal));
    }

    [Fact]
    public void A_crash_fails_only_with_an_expectation_that_speaks_of_it()
    {
        RunReport run = SampleReports.Seed();
        IReadOnlyList<CrashRecord> crashes = SampleReports.Crashes();
        CrashRecord crash = crashes[0];
        CheckOutcome Outcome(params ExpectationVerdict[] verdicts) =>
            CheckCases.Of(run with { Expectations = verdicts }, crashes, null, At).Cases.First(c => c.Key == crash.Id).Outcome;

        Assert.Equal(CheckOutcome.Passed, Outcome());
        Assert.Equal(CheckOutcome.Failed, Outcome(new ExpectationVerdict(crash.Path, crash.Role, 0, 0, 12, false, 3)));
        Assert.Equal(CheckOutcome.Failed, Outcome(new ExpectationVerdict(crash.Title, null, 0, 0, 12, false, 3)));
        Assert.Equal(CheckOutcome.Failed, Outcome(new ExpectationVerdict(CodePath.Any, null, 0, 0, 12, false, 3)));
        Assert.Equal(CheckOutcome.Passed, Outcome(new ExpectationVerdict(crash.Path, crash.Role == "called" ? "calling" : "called", 0, 0, 12, false, 3)));
        Assert.Equal(CheckOutcome.Passed, Outcome(new ExpectationVerdict(crash.Path, crash.Role, 70, 80, 12, false, 3)));
    }

    [Fact]
    public void A_text_that_xml_cannot_hold_does_not_break_the_file()
    {
        CheckReport report = CheckCases.Of(SampleReports.Seed() with { Scenario = "a\u0001b & <c>" }, [], null, At);

        Assert.Equal("a\uFFFDb & <c> with netbsd-2005", (string?)JUnit(report).Root!.Element("testsuite")!.Attribute("name"));
    }

    private static CheckReport[] Reports() =>
    [
        CheckCases.Of(SampleReports.Seed(), SampleReports.Crashes(), null, At),
        CheckCases.Of(SampleReports.Seed() with { Expectations = [new ExpectationVerdict(CodePath.Any, null, 0, 0, 12, false, 3)] }, SampleReports.Crashes(), null, At),
        CheckCases.Of(SampleReports.Interrupted() with { Work = new WorkCounts(4, 1, 1, 2) }, [], "site 3 differs", At),
    ];

    private static XDocument JUnit(CheckReport report)
    {
        var text = new StringBuilder();
        using (var writer = new StringWriter(text))
        {
            JUnitFormat.Write(report, writer);
        }

        return XDocument.Parse(text.ToString());
    }
}
