using System.Collections.Immutable;
using Pulumi;

namespace Compat.Tests.Pulumi;

/// <summary>A resource class in the style of the official generator.</summary>
[ResourceType("test:index:Thing", "1.0.0")]
internal sealed class Thing : CustomResource
{
    public Thing(string name, ThingArgs? args = null, CustomResourceOptions? options = null)
        : base("test:index:Thing", name, args ?? new ThingArgs(), MakeResourceOptions(options, "")) { }

    private Thing(string name, Input<string> id, CustomResourceOptions? options)
        : base("test:index:Thing", name, null, MakeResourceOptions(options, id)) { }

    [Output("size")]
    public Output<int> Size { get; private set; } = null!;

    [Output("text")]
    public Output<string?> Text { get; private set; } = null!;

    [Output("tags")]
    public Output<ImmutableDictionary<string, string>> Tags { get; private set; } = null!;

    [Output("parts")]
    public Output<ImmutableArray<Part>> Parts { get; private set; } = null!;

    public static Thing Get(string name, Input<string> id, CustomResourceOptions? options = null) => new(name, id, options);

    private static CustomResourceOptions MakeResourceOptions(CustomResourceOptions? options, Input<string>? id)
    {
        var merged = CustomResourceOptions.Merge(new CustomResourceOptions { Version = "1.0.0" }, options);
        merged.Id = id ?? merged.Id;
        return merged;
    }
}

internal sealed class ThingArgs : ResourceArgs
{
    [Input("list")]
    private InputList<string>? _list;

    [Input("map")]
    private InputMap<object>? _map;

    [Input("size", required: true)]
    public Input<int> Size { get; set; } = 1;

    [Input("text")]
    public Input<string>? Text { get; set; }

    [Input("colour")]
    public Input<Colour>? Colour { get; set; }

    [Input("other")]
    public Input<Resource>? Other { get; set; }

    [Input("nested", json: true)]
    public Input<ImmutableArray<string>>? Nested { get; set; }

    [Input("nestedArgs", json: true)]
    public Input<ThingArgs>? NestedArgs { get; set; }

    public InputList<string> List
    {
        get => _list ??= [];
        set => _list = value;
    }

    public InputMap<object> Map
    {
        get => _map ??= [];
        set => _map = value;
    }
}

[EnumType]
internal readonly struct Colour
{
    private readonly string _value;

    private Colour(string value) => _value = value;

    public static Colour Red { get; } = new("red");

    public static explicit operator string(Colour colour) => colour._value;
}

[OutputType]
internal sealed class Part
{
    public readonly string Name;
    public readonly int? Weight;

    [OutputConstructor]
    private Part(string name, [OutputConstructorParameter("weightInGrams")] int? weight)
    {
        Name = name;
        Weight = weight;
    }
}

/// <summary>A component with one thing in it.</summary>
internal sealed class Group : ComponentResource
{
    public Group(string name, ComponentResourceOptions? options = null)
        : base("test:index:Group", name, options)
    {
        Inner = new Thing($"{name}-inner", null, new CustomResourceOptions { Parent = this });
        Size = Inner.Size;
        RegisterOutputs(new Dictionary<string, object?> { ["size"] = Size });
    }

    public Thing Inner { get; }

    [Output("size")]
    public Output<int> Size { get; private set; }
}
