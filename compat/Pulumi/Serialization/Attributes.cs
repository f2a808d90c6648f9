namespace Pulumi
{
    /// <summary>An input property of arguments, or the field behind one.</summary>
    [AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
    public sealed class InputAttribute(string name, bool required = false, bool json = false) : Attribute
    {
        internal string Name { get; } = name;

        /// <summary>True when a missing value is an error.</summary>
        internal bool IsRequired { get; } = required;

        /// <summary>True when the provider expects the value as JSON text.</summary>
        internal bool Json { get; } = json;
    }

    /// <summary>An output property of a resource.</summary>
    [AttributeUsage(AttributeTargets.Property)]
    public sealed class OutputAttribute(string? name = null) : Attribute
    {
        /// <summary>The provider's name for the property; null: the name of the property.</summary>
        public string? Name { get; } = name;
    }

    /// <summary>A type whose objects are created from a map of a provider, by its <see cref="OutputConstructorAttribute"/>.</summary>
    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
    public sealed class OutputTypeAttribute : Attribute;

    /// <summary>The constructor that creates an output type.</summary>
    [AttributeUsage(AttributeTargets.Constructor)]
    public sealed class OutputConstructorAttribute : Attribute;

    /// <summary>Which member of the map a parameter of the constructor takes, where its name differs.</summary>
    [AttributeUsage(AttributeTargets.Parameter)]
    public sealed class OutputConstructorParameterAttribute(string name) : Attribute
    {
        /// <summary>Name of the member.</summary>
        public string Name { get; } = name;
    }

    /// <summary>A struct that represents one of some texts or numbers; it has an explicit conversion to that value.</summary>
    [AttributeUsage(AttributeTargets.Struct)]
    public sealed class EnumTypeAttribute : Attribute;

    /// <summary>The engine's type of a class of resources.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    public class ResourceTypeAttribute(string type, string? version) : Attribute
    {
        /// <summary>The type.</summary>
        public string Type { get; } = type;

        /// <summary>Version of its package.</summary>
        public string? Version { get; } = version;
    }
}

namespace Pulumi.Serialization
{
    // Generated classes name this namespace in a using directive; the attributes themselves are in Pulumi.
    internal static class Namespace;
}
