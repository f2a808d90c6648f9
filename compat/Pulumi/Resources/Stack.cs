using System.Reflection;

namespace Pulumi;

/// <summary>
/// The stack: the root of all resources. A program's own stack class declares its resources in the constructor, and its properties with
/// <see cref="OutputAttribute"/> are the stack's outputs.
/// </summary>
public class Stack : ComponentResource
{
    internal const string RootType = "pulumi:pulumi:Stack";

    /// <summary>The stack of a class.</summary>
    public Stack(StackOptions? options = null)
        : base(RootType, $"{Deployment.Required.Project}-{Deployment.Required.StackName}") => Deployment.Required.Stack = this;

    internal Stack(Func<Task<IDictionary<string, object?>>> declare, StackOptions? options)
        : this(options) => RegisterOutputs(declare());

    /// <summary>Registers the properties with <see cref="OutputAttribute"/>.</summary>
    internal void RegisterPropertyOutputs()
    {
        var outputs = new Dictionary<string, object?>();
        var missing = new List<string>();
        foreach (var property in GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            if (property.DeclaringType!.IsAssignableFrom(typeof(Stack)) || property.GetCustomAttribute<OutputAttribute>() is not { } output)
                continue;
            if (!typeof(IOutput).IsAssignableFrom(property.PropertyType))
                throw new RunException(
                    $"{property.Name} has [Output] and is of type {property.PropertyType.Name}: it must be an Output<T>"
                );
            if (property.GetValue(this) is { } value)
                outputs.Add(output.Name ?? property.Name, value);
            else
                missing.Add(property.Name);
        }

        if (missing.Count > 0)
            throw new RunException(
                $"outputs of the stack without a value: {string.Join(", ", missing)}; the constructor of {GetType().Name} must set "
                    + "every property with [Output]"
            );
        RegisterOutputs(outputs);
    }
}
