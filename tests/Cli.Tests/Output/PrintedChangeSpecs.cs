using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;

namespace Cloudlet.Cli.Tests.Output;

/// <summary>For any difference in any resource, the plan shows the property and both values.</summary>
public sealed class PrintedChangeSpecs
{
    /// <summary>Properties that identify or order a resource: a host cannot differ in them.</summary>
    private static readonly string[] NotCompared = ["id", "after", "watches"];

    public static TheoryData<string, string> Properties()
    {
        var all = new TheoryData<string, string>();
        foreach (var type in Types())
        foreach (var property in Settable(type).Where(p => !NotCompared.Contains(NameOf(p))))
            all.Add(type.Name, property.Name);
        return all;
    }

    [Theory]
    [MemberData(nameof(Properties))]
    public void A_difference_is_printed_with_its_path_and_both_values(string type, string property)
    {
        var spec = Types().Single(t => t.Name == type);
        var changed = spec.GetProperty(property)!;
        foreach (var (from, to) in Differences(changed.PropertyType))
        {
            var (observed, wanted) = (With(spec, changed, from), With(spec, changed, to));
            var changes = SpecDiff.Between((ResourceSpec)wanted, (ResourceSpec)observed);
            changes.Select(c => c.Path).Distinct().ShouldBe([NameOf(changed)]);

            var printed = Print(new Planned("sha256:0", 1, [new ResourceChange("x:y", ChangeAction.Update, changes)]));
            printed.ShouldContain(NameOf(changed));
            foreach (var leaf in Leaves(JsonOf(wanted)[NameOf(changed)]).Concat(Leaves(JsonOf(observed)[NameOf(changed)])))
                printed.ShouldContain(leaf);
        }
    }

    private static IEnumerable<Type> Types() => KindDescriptors.All.Select(k => k.SpecType);

    private static IEnumerable<PropertyInfo> Settable(Type type) => type.GetProperties().Where(p => p.SetMethod is not null);

    private static string NameOf(PropertyInfo property) => JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    private static JsonObject JsonOf(object spec) => SpecDiff.ToJson((ResourceSpec)spec);

    /// <summary>A resource with only its required properties, and one more.</summary>
    private static object With(Type spec, PropertyInfo changed, object? value)
    {
        var made = Made(spec, 0);
        changed.SetValue(made, value);
        return made;
    }

    /// <summary>Two different values of a type, for every kind of difference: for a record in a list, each of its properties.</summary>
    private static IEnumerable<(object? From, object? To)> Differences(Type type)
    {
        var element =
            type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GenericTypeArguments[0] : null;
        if (element is null || element == typeof(string))
            return [(HasOneValue(type) ? null : Value(type, 1), Value(type, 2))];
        return Settable(element)
            .Select(p =>
            {
                var (one, other) = (Made(element, 0), Made(element, 0));
                p.SetValue(one, Value(p.PropertyType, 1));
                p.SetValue(other, Value(p.PropertyType, 2));
                return ((object?)ListOf(element, one), (object?)ListOf(element, other));
            });
    }

    private static bool HasOneValue(Type type) =>
        Nullable.GetUnderlyingType(type) is { IsEnum: true } words && Enum.GetValues(words).Length == 1;

    private static object Made(Type type, int salt)
    {
        var made = Activator.CreateInstance(type)!;
        foreach (
            var property in Settable(type)
                .Where(p => p.GetCustomAttribute<System.Runtime.CompilerServices.RequiredMemberAttribute>() is not null)
        )
            property.SetValue(made, Value(property.PropertyType, salt));
        return made;
    }

    private static object Value(Type type, int number)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return $"text-{number}";
        if (type == typeof(bool))
            return number % 2 == 0;
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(number % Enum.GetValues(type).Length)!;
        if (type == typeof(int))
            return 70 + number;
        if (type == typeof(IReadOnlyList<string>))
            return new[] { $"text-{number}" };
        if (type == typeof(IReadOnlyDictionary<string, string>))
            return new Dictionary<string, string> { ["name"] = $"text-{number}" };
        if (type.Assembly == typeof(ResourceSpec).Assembly)
            return Made(type, number);
        throw new NotSupportedException($"a property of type {type}: teach this spec how its values differ");
    }

    private static Array ListOf(Type element, object item)
    {
        var list = Array.CreateInstance(element, 1);
        ((IList)list)[0] = item;
        return list;
    }

    private static IEnumerable<string> Leaves(JsonNode? node) =>
        node switch
        {
            null => [],
            JsonObject map => map.SelectMany(p => Leaves(p.Value)),
            JsonArray list => list.SelectMany(Leaves),
            _ => [node.ToString()],
        };

    private static string Print(Planned planned)
    {
        var output = new StringWriter();
        new HumanReport(output, output, colours: false, manyHosts: false).ForHost("edge-1", "local")(planned);
        return output.ToString();
    }
}
